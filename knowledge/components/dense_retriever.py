"""Find passages by meaning."""

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
    def run(self, embedding: Vectors, filters: dict[str, Any] | None = None) -> dict[str, list[Document]]:
        """Search.

        :param embedding: The question's vector.
        :param filters: Haystack filters on `meta`.
        :returns: `documents`: best first; `score` is the dot product.
        """
        found = self.document_store.dense_retrieval(embedding.tolist(), filters=filters, top_k=self.top_k)
        return {"documents": found}
