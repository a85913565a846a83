"""Names of capabilities, rules and confidence as people say them."""

from dataclasses import dataclass
from typing import Literal

Word = Literal["Well supported", "Likely", "Unsure", "No basis"]
WELL_SUPPORTED = 0.9
LIKELY = 0.75
NO_BASIS = 0.2


def act_in_words(name: str) -> str:
    """Write `billing.refund_charge` as `refund charge`."""
    return name.rpartition(".")[2].replace("_", " ")


def rule_in_words(rule: str) -> str:
    """Write `no_claim_without_a_success` as `No claim without a success`."""
    return rule.replace("_", " ").capitalize()


def confidence_word(probability: float | None) -> Word:
    """Say how well something is supported; a bare number would be read as more than it is."""
    if probability is None or probability < NO_BASIS:
        return "No basis"
    if probability >= WELL_SUPPORTED:
        return "Well supported"
    return "Likely" if probability >= LIKELY else "Unsure"


def in_seconds(value: float) -> str:
    """Write a length of time: `0.4 s`, `12 s`, `4 min 52 s`."""
    if value < 10:  # noqa: PLR2004 - short ones need a decimal
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Confidence:
    """Confidence as the page shows it: a word, a bar and the threshold as a line; both from 0 to 200."""

    word: Word
    value: int
    need: int
    is_enough: bool
    consequence: str


def confidence(probability: float, *, threshold: float, consequence: str = "") -> Confidence:
    """Prepare a bar of 200 units with the threshold's place on it."""
    return Confidence(
        word=confidence_word(probability),
        value=round(200 * min(max(probability, 0.0), 1.0)),
        need=round(200 * min(max(threshold, 0.0), 1.0)),
        is_enough=probability >= threshold,
        consequence=consequence,
    )
