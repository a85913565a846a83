"""Bring what was found by meaning and by words into one order."""

from dataclasses import replace
from typing import Any

from haystack import Document, component, default_from_dict, default_to_dict

from knowledge.stores.dumps import store_from
from knowledge.stores.protocol import Hits, PassageStore


@component
class ScoreFusion:
    """Adds a little BM25 to the cosine, both raw, and loads the best.

    Reciprocal rank fusion loses to one good ranker when the other is weak, and min-max scores cannot tell that nothing
    fits (shared/evals/README.md).

    :param document_store: Where the passages are.
    :param lexical_weight: What one point of BM25 is worth in cosine.
    :param top_k: How many passages are kept.
    """

    def __init__(self, document_store: PassageStore, lexical_weight: float = 0.005, top_k: int = 20) -> None:
        self.document_store = document_store
        self.lexical_weight = lexical_weight
        self.top_k = top_k

    def to_dict(self) -> dict[str, Any]:
        """Serialise for a pipeline's dump."""
        store = self.document_store.to_dict()
        return default_to_dict(self, document_store=store, lexical_weight=self.lexical_weight, top_k=self.top_k)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "ScoreFusion":
        """Make the component that `to_dict` described."""
        values = data["init_parameters"]
        values["document_store"] = store_from(values["document_store"])
        made: ScoreFusion = default_from_dict(cls, data)
        return made

    @component.output_types(documents=list[Document])
    def run(self, dense: Hits, lexical: Hits) -> dict[str, list[Document]]:
        """Join both.

        :param dense: Ids with the dot product, those that only words found among them.
        :param lexical: Ids with BM25.
        :returns: `documents`: best first, `score` the sum, and `dense` and `lexical` in `meta`.
        """
        sums = {id_: self._sum(dense.get(id_, 0.0), lexical.get(id_, 0.0)) for id_ in {**lexical, **dense}}
        best = sorted(sums, key=lambda id_: (-sums[id_], id_))[: self.top_k]
        documents = [
            replace(
                document,
                score=sums[document.id],
                meta={
                    **document.meta,
                    "dense": dense.get(document.id, 0.0),
                    "lexical": lexical.get(document.id, 0.0),
                },
            )
            for document in self.document_store.load(best)
        ]
        return {"documents": documents}

    def _sum(self, cosine: float, bm25: float) -> float:
        return cosine + self.lexical_weight * bm25
