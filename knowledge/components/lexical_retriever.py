"""Find passages by words."""

from dataclasses import replace
from typing import Any

from haystack import Document, component, default_from_dict, default_to_dict

from knowledge.stores.dumps import store_from
from knowledge.stores.protocol import PassageStore
from knowledge.turns import WeightedText


@component
class LexicalRetriever:
    """Gives the passages that share words with the question, by the weighted sum of BM25 scores.

    :param document_store: Where the passages are.
    :param top_k: How many at most for each text.
    """

    def __init__(self, document_store: PassageStore, top_k: int = 60) -> None:
        self.document_store = document_store
        self.top_k = top_k

    def to_dict(self) -> dict[str, Any]:
        """Serialise for a pipeline's dump."""
        return default_to_dict(self, document_store=self.document_store.to_dict(), top_k=self.top_k)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "LexicalRetriever":
        """Make the component that `to_dict` described."""
        values = data["init_parameters"]
        values["document_store"] = store_from(values["document_store"])
        made: LexicalRetriever = default_from_dict(cls, data)
        return made

    @component.output_types(documents=list[Document])
    def run(self, texts: list[WeightedText], filters: dict[str, Any] | None = None) -> dict[str, list[Document]]:
        """Search for each text.

        :param texts: What to search for; their weights add up to 1.
        :param filters: Haystack filters on `meta`.
        :returns: `documents`: best first; `score` is the weighted sum.
        """
        scores: dict[str, float] = {}
        documents: dict[str, Document] = {}
        for entry in texts:
            for found in self.document_store.lexical_retrieval(entry.text, filters=filters, top_k=self.top_k):
                documents.setdefault(found.id, found)
                scores[found.id] = scores.get(found.id, 0.0) + entry.weight * (found.score or 0.0)
        ordered = sorted(scores, key=lambda id_: -scores[id_])
        return {"documents": [replace(documents[id_], score=scores[id_]) for id_ in ordered]}
