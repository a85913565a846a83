"""Bring what was found by meaning and by words into one order."""

from dataclasses import replace

from haystack import Document, component


@component
class ScoreFusion:
    """Adds a little BM25 to the cosine, both raw.

    Reciprocal rank fusion loses to one good ranker when the other is weak, and min-max scores cannot tell that nothing
    fits (shared/evals/README.md).

    :param lexical_weight: What one point of BM25 is worth in cosine.
    :param top_k: How many passages are kept.
    """

    def __init__(self, lexical_weight: float = 0.005, top_k: int = 20) -> None:
        self.lexical_weight = lexical_weight
        self.top_k = top_k

    @component.output_types(documents=list[Document])
    def run(self, dense: list[Document], lexical: list[Document]) -> dict[str, list[Document]]:
        """Join both lists.

        :param dense: With the dot product in `score`, those that only words found among them.
        :param lexical: With BM25 in `score`.
        :returns: `documents`: best first, `score` the sum, and `dense` and `lexical` in `meta`.
        """
        words = {document.id: document.score or 0.0 for document in lexical}
        near = {document.id: document.score or 0.0 for document in dense}
        joined = []
        for document in {d.id: d for d in [*lexical, *dense]}.values():
            cosine = near.get(document.id, 0.0)
            bm25 = words.get(document.id, 0.0)
            meta = {**document.meta, "dense": cosine, "lexical": bm25}
            joined.append(replace(document, score=cosine + self.lexical_weight * bm25, meta=meta))
        joined.sort(key=lambda document: (-(document.score or 0.0), document.id))
        return {"documents": joined[: self.top_k]}
