"""Find passages by meaning."""

from dataclasses import replace
from typing import Any

from haystack import Document, component, default_from_dict, default_to_dict

from knowledge.services.embedding import Vectors
from knowledge.stores.dumps import store_from
from knowledge.stores.protocol import PassageStore


@component
class DenseRetriever:
    """Gives the passages whose vectors are nearest to the question's.

    :param document_store: Where the passages are.
    :param top_k: How many at most.
    """

    def __init__(self, document_store: PassageStore, top_k: int = 60) -> None:
        self.document_store = document_store
        self.top_k = top_k

    def to_dict(self) -> dict[str, Any]:
        """Serialise for a pipeline's dump."""
        return default_to_dict(self, document_store=self.document_store.to_dict(), top_k=self.top_k)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "DenseRetriever":
        """Make the component that `to_dict` described."""
        values = data["init_parameters"]
        values["document_store"] = store_from(values["document_store"])
        made: DenseRetriever = default_from_dict(cls, data)
        return made

    @component.output_types(documents=list[Document])
    def run(
        self, embedding: Vectors, also: list[Document] | None = None, filters: dict[str, Any] | None = None
    ) -> dict[str, list[Document]]:
        """Search.

        :param embedding: The question's vector.
        :param also: Documents that were found in another way and are scored too.
        :param filters: Haystack filters on `meta`.
        :returns: `documents`: best first; `score` is the dot product.
        """
        question = embedding.tolist()
        found = self.document_store.dense_retrieval(question, filters=filters, top_k=self.top_k)
        near = {document.id for document in found}
        others = [document for document in also or () if document.id not in near]
        scores = self.document_store.dense_scores(question, [document.id for document in others]) if others else {}
        scored = [replace(document, score=scores.get(document.id, 0.0)) for document in others]
        return {"documents": [*found, *sorted(scored, key=lambda document: -(document.score or 0.0))]}
