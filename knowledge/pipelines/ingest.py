"""Pipelines that bring text into the document store."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

from haystack import Pipeline
from haystack.components.writers import DocumentWriter
from haystack.document_stores.types import DuplicatePolicy

from knowledge.components.markdown_splitter import MarkdownSplitter
from knowledge.components.passage_embedder import PassageEmbedder
from knowledge.stores import document_store


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestSettings:
    """How texts become passages; raise `version` with every change, and run `manage.py reindex`.

    An empty `store_path` means the product's own document store; evaluations bring one of theirs.
    """

    version: int = 1
    store_kind: str = ""
    store_path: str = ""
    max_chars: int = 1400
    min_chars: int = 60
    title_share: float = 0.5


def build_ingest_pipeline(settings: IngestSettings) -> Pipeline:
    """Build Markdown texts → passages → vectors → store; input `splitter.documents`."""
    pipeline = build_store_pipeline(settings)
    splitter = MarkdownSplitter(max_chars=settings.max_chars, min_chars=settings.min_chars)
    pipeline.add_component("splitter", splitter)
    pipeline.connect("splitter.documents", "embedder.documents")
    return pipeline


def build_store_pipeline(settings: IngestSettings) -> Pipeline:
    """Build passages → vectors → store, for passages that exist already; input `embedder.documents`."""
    pipeline = Pipeline()
    pipeline.add_component("embedder", PassageEmbedder(title_share=settings.title_share))
    store = document_store(settings.store_path, kind=settings.store_kind)
    pipeline.add_component("writer", DocumentWriter(store, policy=DuplicatePolicy.OVERWRITE))
    pipeline.connect("embedder.documents", "writer.documents")
    return pipeline


# The product's own, an evaluation's, and those of rebuilds.
PIPELINES_KEPT = 8
DEFAULTS = IngestSettings()


def ingest_pipeline(settings: IngestSettings = DEFAULTS) -> Pipeline:
    """Give this process's ingest pipeline."""
    return _cached(build_ingest_pipeline, _placed(settings))


def store_pipeline(settings: IngestSettings = DEFAULTS) -> Pipeline:
    """Give this process's pipeline for passages that exist already."""
    return _cached(build_store_pipeline, _placed(settings))


def _placed(settings: IngestSettings) -> IngestSettings:
    """Name the store, so that a pipeline over another one is another pipeline."""
    store = document_store(settings.store_path, kind=settings.store_kind)
    return replace(settings, store_kind=store.kind, store_path=store.path)


@lru_cache(maxsize=PIPELINES_KEPT)
def _cached(build: Callable[[IngestSettings], Pipeline], settings: IngestSettings) -> Pipeline:
    pipeline = build(settings)
    pipeline.warm_up()
    return pipeline
