"""Whether a passage carries a sentence: its very words, or a paraphrase that adds nothing and turns nothing round.

A paraphrase is carried by one or two neighbouring sentences of the passage (its *window*). It has the figures, addresses,
codes and names of the window, no more and no fewer: "on the Pro plan" and "up to $100" are what a summary loses first.
A no stays a no, a condition stays one, an opposite must not take a word's place, and no content word is new to the
passage; what is left is judged by common word stems and by the cosine of the local model. Each rule alone can be fooled;
all have to agree.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from knowledge.quotes import Unit, units_of
from knowledge.sentences import split_sentences
from knowledge.stopwords import STOP_WORDS, content_words, stem

WORD = re.compile(r"[^\W_]+", re.UNICODE)
# Whatever has a digit, an @, a slash, an underscore or a dot inside it is a figure, an amount, a code or an address.
HARD = re.compile(r"[^\s,;:!?()\[\]\"“”]*(?:[\d@/_]|[^\W_]\.[^\W_])[^\s,;!?()\[\]\"“”]*")
SYMBOL = re.compile(r"[$€£¥%]")
NUMBER_WORDS = {
    "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
    "ten": "10", "eleven": "11", "twelve": "12", "fifteen": "15", "twenty": "20", "thirty": "30", "sixty": "60",
    "ninety": "90", "hundred": "100", "thousand": "1000", "million": "1000000", "half": "half", "twice": "twice",
    "double": "double", "once": "once", "daily": "daily", "weekly": "weekly", "monthly": "monthly", "yearly": "yearly",
    "hour": "hour", "hours": "hour", "day": "day", "days": "day", "week": "week", "weeks": "week", "month": "month",
    "months": "month", "year": "year", "years": "year", "minute": "minute", "minutes": "minute",
}  # fmt: skip
# A business day is no day.
KIND_OF_DAY = re.compile(r"\b(business|working|calendar) (?:days?|hours?)\b", re.IGNORECASE)
# Too common as a pronoun ("the one you want") to count as a figure when it is the only sign of one.
NO_FIGURE = frozenset({"one", "once"})
NEGATION = re.compile(
    r"\b(?:not|no|never|none|nor|neither|without|cannot|unable|nothing|nobody|except|unless|only)\b|n['’]t\b",
    re.IGNORECASE,
)
CONDITION = re.compile(r"\b(?:if|unless|until|provided|otherwise|as long as|in case)\b", re.IGNORECASE)
# Before a name stands something that ends no sentence.
NAME = re.compile(r"(?<=[\w,;>*»\"'’)] )[*\"'“]{0,3}([A-Z][^\W_]*)")
OPPOSITES = (
    ("enable", "disable"), ("before", "after"), ("above", "below"), ("over", "under"), ("more", "less"),
    ("more", "fewer"), ("most", "least"), ("increase", "decrease"), ("upgrade", "downgrade"), ("add", "remove"),
    ("include", "exclude"), ("allow", "block"), ("allow", "forbid"), ("allow", "prevent"), ("public", "private"),
    ("open", "close"), ("free", "paid"), ("lock", "unlock"), ("always", "sometimes"), ("all", "some"),
    ("minimum", "maximum"), ("first", "last"), ("old", "new"), ("start", "stop"), ("active", "inactive"),
    ("possible", "impossible"), ("accept", "refuse"), ("accept", "decline"), ("up", "down"), ("on", "off"),
    ("import", "export"), ("buy", "sell"), ("keep", "delete"), ("required", "optional"), ("automatically", "manually"),
    ("immediately", "later"), ("can", "cannot"), ("must", "may"), ("connect", "disconnect"), ("visible", "hidden"),
)  # fmt: skip
# Who acts: "you can change it" is not "we can change it".
OURS = re.compile(r"\b(?:we|us|our|ours|i|me|my)\b", re.IGNORECASE)
# Asks for what nobody should write into a chat; only a passage's very words may.
SOLICITING = re.compile(
    r"\b(?:send|tell|give|share|reply|write|mail|e-mail|text|read|post|enter|provide|submit)\b.{0,60}"
    r"\b(?:pass\s?words?|pass\s?codes?|pins?|cvv|cvc|card|codes?|iban|tokens?|secrets?|keys?|credentials?)\b",
    re.IGNORECASE,
)
# Chosen on pairs of the demo articles (docs/tickets.md, "What carries a paraphrase").
COVERED = 0.6
ALIKE = 0.7
SHORT_WORDS = 3
# Two stems are forms of one word when one begins with the other, and hardly more follows.
FORM_LETTERS, FORM_ENDING = 4, 2
WINDOW = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """What carries a sentence: the passage's own words, their span in it, and of how many sentences they are."""

    text: str
    start: int
    end: int
    size: int = 1


@lru_cache(maxsize=2048)
def supported_by(sentence: str, passage: str) -> Support | None:
    """Find the part of a passage (Markdown) that carries a sentence; None when no part does."""
    if not words_of(sentence).strip():
        return None
    windows = list(_windows(passage))
    whole = next((window for window in windows if same_words(sentence, window.text)), None)
    if whole is not None:
        return whole
    # One sentence before two, so that a citation points at as little as carries it.
    if SOLICITING.search(sentence) or _is_new(_stems(sentence), _forms(passage)):
        return None
    fitting = [window for window in windows if _fits(sentence, window.text)]
    fitting.sort(key=lambda window: (window.size, -_coverage(sentence, window.text)))
    return next((window for window in fitting if _is_alike(sentence, window.text)), None)


def same_words(sentence: str, text: str) -> bool:
    """Tell whether a text is the sentence word by word, with the same currencies; half of it may mean something else."""
    wanted = words_of(sentence)
    return bool(wanted.strip()) and wanted == words_of(text) and _symbols(sentence) == _symbols(text)


def _symbols(text: str) -> set[str]:
    return set(SYMBOL.findall(text))


def words_of(text: str) -> str:
    """Write a text as its lower-case words with spaces around each, so that whole words can be looked for."""
    return " " + " ".join(WORD.findall(text.lower())) + " "


@lru_cache(maxsize=256)
def _units(passage: str) -> tuple[Unit, ...]:
    return units_of(passage)


def _windows(passage: str) -> Iterator[Support]:
    """Give each sentence, entry and row of a passage, the sentences inside an entry, and each unit with its neighbour."""
    units = _units(passage)
    for unit in units:
        spans = split_sentences(unit.text)
        if len(spans) > 1:
            yield from (Support(text=unit.text[a:b], start=unit.start, end=unit.end) for a, b in spans)
    for size in range(1, WINDOW + 1):
        for first in range(len(units) - size + 1):
            part = units[first : first + size]
            text = " ".join(unit.text for unit in part)
            yield Support(text=text, start=part[0].start, end=part[-1].end, size=size)


def _fits(sentence: str, window: str) -> bool:
    """Check everything that needs no model: figures, names, negation, opposites, common words."""
    return (
        _hard_parts(sentence) == _hard_parts(window)
        and _figures(sentence) == _figures(window)
        and (not OURS.search(sentence) or bool(OURS.search(window)))
        and _has_names(sentence, window)
        and _has_names(window, sentence)
        and bool(NEGATION.search(sentence)) == bool(NEGATION.search(window))
        and bool(CONDITION.search(sentence)) == bool(CONDITION.search(window))
        and not _turns_round(sentence, window)
        and _coverage(sentence, window) >= COVERED
    )


def _hard_parts(text: str) -> frozenset[str]:
    """Collect figures, units of time, amounts, codes and addresses in one form."""
    hard = {part.lower().rstrip(".'’").lstrip("$€£¥#+") for part in HARD.findall(text)}
    words = words_of(text).split()
    hard |= {NUMBER_WORDS[word] for word in words if word in NUMBER_WORDS and word not in NO_FIGURE}
    hard |= {kind.lower() for kind in KIND_OF_DAY.findall(text)}
    return frozenset(part.rstrip("%€£¥") for part in hard if part) | frozenset(_symbols(text))


def _figures(text: str) -> list[str]:
    """List what is written with digits or as a number in its order: "two to four" is not "four to two"."""
    words = words_of(text).split()
    return [
        found for word in words if (found := NUMBER_WORDS.get(word, word)) and found.isdigit() and word not in NO_FIGURE
    ]


def _has_names(text: str, other: str) -> bool:
    """Tell whether the other text has all names of this one: capitalised words that open no sentence."""
    words = set(words_of(other).split())
    return all(name.lower() in words for name in NAME.findall(text) if name.lower() not in STOP_WORDS)


def _turns_round(sentence: str, window: str) -> bool:
    """Tell whether the sentence says the opposite of a word that stands in the window."""
    said, known = _forms(sentence), _forms(window)
    return any(
        (a in said and b in known and not (b in said or a in known))
        or (b in said and a in known and not (a in said or b in known))
        for a, b in OPPOSITE_FORMS
    )


def _stems(text: str) -> set[str]:
    """Give the stems of the content words that are no figures, which are compared by themselves."""
    return {stem(word) for word in content_words(text) if word not in NUMBER_WORDS and "'" not in word}


def _is_new(stems: set[str], known: frozenset[str]) -> bool:
    """Tell whether a stem is not there in any form: "undone" is a form of "undo"."""
    return any(not any(_are_forms(one, other) for other in known) for one in stems - known)


def _are_forms(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return len(short) >= FORM_LETTERS and long.startswith(short) and len(long) - len(short) <= FORM_ENDING


@lru_cache(maxsize=2048)
def _forms(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in words_of(text).split())


OPPOSITE_FORMS = tuple((stem(a), stem(b)) for a, b in OPPOSITES)


def _coverage(sentence: str, window: str) -> float:
    """Give the share of the sentence's content words (by stem) that stand in the window."""
    said = _stems(sentence)
    if len(said) < SHORT_WORDS:
        # Two words are common by accident; only all of them count.
        return 1.0 if said and said <= _forms(window) else 0.0
    return len(said & _forms(window)) / len(said)


def _is_alike(sentence: str, window: str) -> bool:
    from knowledge.services.embedding import embed

    first, second = embed([sentence, window])
    return float(first @ second) >= ALIKE
