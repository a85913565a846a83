"""The pipeline that finds passages for a question."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from haystack import Document, Pipeline

from knowledge.components.passage_retriever import PassageRetriever
from knowledge.components.question_reader import QuestionReader
from knowledge.components.score_fusion import ScoreFusion
from knowledge.pipelines.running import run
from knowledge.stores import document_store, place_for
from knowledge.stores.protocol import Hits
from knowledge.turns import weighted_texts


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrievalSettings:
    """How passages are found and ordered; `knowledge/evaluation.py` measures a change.

    `profile` is the store name of the retrieval profile (empty: the built-in model), whose own document store is meant
    by an empty `store_path`; evaluations bring one of theirs.
    """

    version: int = 2
    profile: str = ""
    store_kind: str = ""
    store_path: str = ""
    last_turn_share: float = 0.7
    lexical_weight: float = 0.005
    candidates: int = 100
    kept: int = 24


def build_retrieve_pipeline(settings: RetrievalSettings) -> Pipeline:
    """Build question → meaning and words → one order.

    Inputs: `reader.query`, `reader.history`, `retriever.filters`; output `fusion.documents`.
    """
    settings = _placed(settings)
    store = document_store(settings.store_path, kind=settings.store_kind)
    pipeline = Pipeline()
    pipeline.add_component("reader", QuestionReader(last_turn_share=settings.last_turn_share, profile=settings.profile))
    pipeline.add_component("retriever", PassageRetriever(store, top_k=settings.candidates))
    pipeline.add_component("fusion", ScoreFusion(store, lexical_weight=settings.lexical_weight, top_k=settings.kept))
    pipeline.connect("reader.embedding", "retriever.embedding")
    pipeline.connect("reader.texts", "retriever.texts")
    pipeline.connect("retriever.dense", "fusion.dense")
    pipeline.connect("retriever.lexical", "fusion.lexical")
    return pipeline


# The product's own, an evaluation's, and those of rebuilds.
PIPELINES_KEPT = 8
DEFAULTS = RetrievalSettings()


def find(
    *, query: str, history: Sequence[str], filters: dict[str, Any] | None, settings: RetrievalSettings = DEFAULTS
) -> list[Document]:
    """Run this process's retrieve pipeline: passages as documents, best first.

    Raises:
        EmbeddingUnavailableError: the profile's endpoint failed; `find_by_words` still works.
        SearchUnavailableError: the document store does not answer.
    """
    inputs = {
        "reader": {"query": query, "history": list(history)},
        "retriever": {"filters": filters},
    }
    result = run(_cached(_placed(settings)), inputs)
    documents: list[Document] = result["fusion"]["documents"]
    return documents


def find_by_words(
    *, query: str, history: Sequence[str], filters: dict[str, Any] | None, settings: RetrievalSettings = DEFAULTS
) -> list[Document]:
    """Find passages as documents without any vector, best first; `meta` has "dense" 0 and "lexical".

    Raises:
        SearchUnavailableError: the document store does not answer.
    """
    placed = _placed(settings)
    store = document_store(placed.store_path, kind=placed.store_kind)
    texts = weighted_texts(query, history, settings.last_turn_share)
    hits = store.lexical_hits(texts, filters=filters, top_k=settings.kept)
    fusion = ScoreFusion(store, lexical_weight=settings.lexical_weight, top_k=settings.kept)
    found: list[Document] = fusion.run(dense=Hits(), lexical=hits)["documents"]
    return found


def _placed(settings: RetrievalSettings) -> RetrievalSettings:
    """Name the store, so that a pipeline over another one is another pipeline."""
    kind, path = place_for(settings.store_kind, settings.store_path, settings.profile)
    return replace(settings, store_kind=kind, store_path=path)


@lru_cache(maxsize=PIPELINES_KEPT)
def _cached(settings: RetrievalSettings) -> Pipeline:
    pipeline = build_retrieve_pipeline(settings)
    pipeline.warm_up()
    return pipeline
