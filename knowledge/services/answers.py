"""compose(): whole sentences and steps of passages that answer a question, and how likely they do."""

from dataclasses import dataclass, field

from knowledge.services.search import FoundPassage


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotedSentence:
    """A sentence or step as the customer reads it; `start` and `end` span it in the revision's body."""

    text: str
    passage: FoundPassage
    start: int
    end: int
    is_step: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractedAnswer:
    """What can be quoted as an answer; `probability` is the calibrated chance that it answers the question."""

    sentences: tuple[QuotedSentence, ...] = ()
    probability: float = 0.0
    features: dict[str, float] = field(default_factory=dict)
