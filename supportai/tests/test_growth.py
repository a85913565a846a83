"""No text of a stranger may cost more than its length: time grows with it, and not with its square."""

import time
from collections.abc import Callable

import pytest

from knowledge.markdown import render, to_plain
from knowledge.quotes import units_of
from knowledge.sentences import split_sentences
from knowledge.services.human_answers import clean_answer, clean_question, contradicts, title_of
from knowledge.stores.words import query_words
from supportai.core.redaction import redact
from tickets.agent.guards.promises import claims
from tickets.agent.language import foreign_language
from tickets.agent.replies import read_choice, read_confirmation
from tickets.agent.slots import find_slots, ordinal

pytestmark = pytest.mark.embedded

LENGTH = 40_000
# What reads Markdown with a parser is slower by itself, and sees articles and no customer's message.
PARSED_LENGTH = 6_000
PARSING = frozenset({"render", "units_of"})
# Four times the text may take four times the time; a quadratic pattern takes sixteen times, and most took far more.
# Twice the linear time is for what a busy machine adds.
MOST_GROWTH = 8.0
# What is over so soon is no danger, and too short to be measured.
SOON_SECONDS = 0.03
TRIES = 3

PIECES = (
    "a", "A", "é", "1", "1 ", "1-", "1,", "1,1", "1.", "AB12", "+1", "#1", "$1", "$1,", "@", "a@", "a.", "a-", "a_", "_", "eyJ", "eyJ-",
    "**a", " **a", "__a", "*a ", "~~a", "`", "`a", "[", "](", "[](", "![", "![](", "[a](b", '[a](b "', "<", "<a", "<a@", "<http://", "\\", "&#",
    " ", "\t", "\n", "\n ", "\n\n", "a\n", "Ab\n", "Best\n", "thanks\n", "\n-- ", "# a\n", "- a\n", "- a\n\n# b\n", "---\n", "> ", "| ",
    ".", ". ", "1. ", '."', "...a", "please ", "token ", "password", "hi, ", "talk to ", "the a ", "i have ", "sk-",
)  # fmt: skip

READERS: dict[str, Callable[[str], object]] = {
    "redact": redact,
    "find_slots": lambda text: find_slots([text]),
    "ordinal": ordinal,
    "read_confirmation": lambda text: read_confirmation(text, question=["Refund $49.00?", "Yes, refund $49.00"]),
    "read_choice": lambda text: read_choice(
        text, [{"label": "Charge 1", "value": 1}, {"label": "Charge 2", "value": 2}]
    ),
    "foreign_language": lambda text: foreign_language(text, ("en",)),
    "claims": claims,
    "to_plain": to_plain,
    "render": render,
    "split_sentences": split_sentences,
    "units_of": units_of,
    "query_words": query_words,
    "clean_question": clean_question,
    "clean_answer": clean_answer,
    "title_of": title_of,
    "contradicts": lambda text: contradicts(text, text),
}


def text_of(piece: str, length: int, end: str) -> str:
    return (piece * (length // len(piece) + 1))[: length - len(end)] + end


def seconds(read: Callable[[str], object], text: str) -> float:
    begun = time.process_time()
    read(text)
    return time.process_time() - begun


def grows_linearly(read: Callable[[str], object], piece: str, end: str, length: int) -> bool:
    """Compare a text with one of four times its length; the best of three tries counts."""
    short, long = text_of(piece, length // 4, end), text_of(piece, length, end)
    best_short = best_long = float("inf")
    for _ in range(TRIES):
        best_short = min(best_short, seconds(read, short))
        best_long = min(best_long, seconds(read, long))
        if best_long < max(SOON_SECONDS, MOST_GROWTH * best_short):
            return True
    return False


@pytest.mark.parametrize("name", READERS)
def test_reading_a_hostile_text_takes_time_in_proportion_to_its_length(name):
    read = READERS[name]
    read("Warm up: load what is loaded once. Bitte warten Sie einen Augenblick auf die Antwort.")
    length = PARSED_LENGTH if name in PARSING else LENGTH
    ends = ("",) if name in PARSING else ("", "x")
    slow = [(piece, end) for piece in PIECES for end in ends if not grows_linearly(read, piece, end, length)]
    assert slow == []
