"""Pipelines that bring text into the document store."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

from haystack import Pipeline
from haystack.components.writers import DocumentWriter
from haystack.document_stores.types import DuplicatePolicy

from knowledge.components.markdown_splitter import MarkdownSplitter
from knowledge.components.passage_embedder import PassageEmbedder
from knowledge.passage_texts import TITLE_SHARE
from knowledge.stores import document_store, place_for


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestSettings:
    """How texts become passages; raise `version` with every change, and `stores/form.py` with it.

    `profile` is the store name of the retrieval profile (empty: the built-in model), whose own document store is meant
    by an empty `store_path`; evaluations and rebuilds bring another.
    """

    version: int = 2
    profile: str = ""
    store_kind: str = ""
    store_path: str = ""
    max_chars: int = 1400
    min_chars: int = 60
    title_share: float = TITLE_SHARE


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
    pipeline.add_component("embedder", PassageEmbedder(title_share=settings.title_share, profile=settings.profile))
    settings = _placed(settings)
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
    kind, path = place_for(settings.store_kind, settings.store_path, settings.profile)
    return replace(settings, store_kind=kind, store_path=path)


@lru_cache(maxsize=PIPELINES_KEPT)
def _cached(build: Callable[[IngestSettings], Pipeline], settings: IngestSettings) -> Pipeline:
    pipeline = build(settings)
    pipeline.warm_up()
    return pipeline
