"""Turn a question and what was said before into what the retrievers need."""

import numpy as np
from haystack import component

from knowledge.services import embedding
from knowledge.services.embedders import embed_with
from knowledge.services.embedding import Vectors
from knowledge.turns import LAST_TURN_SHARE, WeightedText, weighted_texts


@component
class QuestionReader:
    """Mixes the last turn with the last three, so that "and for invoices?" finds what it is about.

    :param last_turn_share: How much the last turn alone counts, from 0 to 1.
    :param profile: Store name of the retrieval profile; empty for the built-in model.
    """

    def __init__(self, last_turn_share: float = LAST_TURN_SHARE, profile: str = "") -> None:
        self.last_turn_share = last_turn_share
        self.profile = profile

    def warm_up(self) -> None:
        """Load the built-in model."""
        if not self.profile:
            embedding.model()

    # An array, because Haystack copies the inputs of every component, and a list number by number.
    @component.output_types(embedding=Vectors, texts=list[WeightedText])
    def run(self, query: str, history: list[str]) -> dict[str, Vectors | list[WeightedText]]:
        """Read a question.

        :param query: The last turn.
        :param history: The customer's earlier turns, oldest first.
        :returns: `embedding`: the weighted sum of the turns' vectors (scores are linear in it); `texts`: what to
            search for by words, with weights that add up to 1.
        """
        texts = weighted_texts(query, history, self.last_turn_share)
        vectors = embed_with(self.profile, [entry.text for entry in texts], is_query=True)
        mixed = sum(entry.weight * vector for entry, vector in zip(texts, vectors, strict=True))
        return {"embedding": np.asarray(mixed, dtype=np.float32), "texts": texts}
