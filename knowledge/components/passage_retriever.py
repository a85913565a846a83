"""Find passages by meaning and by words."""

from typing import Any

from haystack import component, default_from_dict, default_to_dict

from knowledge.services.embedding import Vectors
from knowledge.stores.dumps import store_from
from knowledge.stores.protocol import Hits, PassageStore
from knowledge.turns import WeightedText


@component
class PassageRetriever:
    """Finds the passages that are near the question, and those that share words with it; both are one request.

    :param document_store: Where the passages are.
    :param top_k: How many at most, each way.
    """

    def __init__(self, document_store: PassageStore, top_k: int = 60) -> None:
        self.document_store = document_store
        self.top_k = top_k

    def to_dict(self) -> dict[str, Any]:
        """Serialise for a pipeline's dump."""
        return default_to_dict(self, document_store=self.document_store.to_dict(), top_k=self.top_k)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "PassageRetriever":
        """Make the component that `to_dict` described."""
        values = data["init_parameters"]
        values["document_store"] = store_from(values["document_store"])
        made: PassageRetriever = default_from_dict(cls, data)
        return made

    @component.output_types(dense=Hits, lexical=Hits)
    def run(
        self, embedding: Vectors, texts: list[WeightedText], filters: dict[str, Any] | None = None
    ) -> dict[str, Hits]:
        """Search.

        :param embedding: The question's vector.
        :param texts: What to search for by words; their weights add up to 1.
        :param filters: Haystack filters on `meta`.
        :returns: `dense`: the dot product, of those that only words found too; `lexical`: the weighted sum of BM25.
        """
        vector = embedding.tolist()
        near, lexical = self.document_store.hits(vector, texts, filters=filters, top_k=self.top_k)
        others = [id_ for id_ in lexical if id_ not in near]
        return {"dense": Hits({**near, **self.document_store.dense_scores(vector, others)}), "lexical": lexical}
