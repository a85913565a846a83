"""What a question means in its conversation: the last turn, and what was said before it."""

from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.stopwords import content_words

TURNS = 3
# "And where is that?" says too little to weigh more than what it is about.
MEANT_WORDS = 2
LAST_TURN_SHARE = 0.7


@dataclass(frozen=True, slots=True)
class WeightedText:
    """A text to search for and how much it counts."""

    text: str
    weight: float


def weighted_texts(query: str, history: Sequence[str], last_turn_share: float = LAST_TURN_SHARE) -> list[WeightedText]:
    """Give the last turn alone, or with the last three turns as a second text when there was something before.

    The weights add up to 1.
    """
    earlier = [turn for turn in history if turn.strip()][-(TURNS - 1) :]
    if not earlier:
        return [WeightedText(query, 1.0)]
    share = last_turn_share if len(set(content_words(query))) >= MEANT_WORDS else 1 - last_turn_share
    return [WeightedText(query, share), WeightedText(" ".join([*earlier, query]), 1 - share)]
