"""Whether two sentences of different articles cannot both be true: other figures for the same thing, or yes against no.

Precise on purpose, and therefore deaf to much: a list of false alarms is soon read by nobody. Sentences must share most
of their words, must not be about different plans, roles or systems, and must differ in a figure of one unit or in a "not".
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from knowledge.sentences import split_sentences
from knowledge.stopwords import WORD, stem, stems

NUMBER_WORDS = {
    word: str(number)
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
        "eighteen nineteen twenty".split()
    )
} | {"thirty": "30", "sixty": "60", "ninety": "90"}
QUANTITY = re.compile(
    r"(?P<before>[$€£])?\s?(?<![\w.,-])(?P<number>\d{1,3}(?:[ ,]\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?|"
    + "|".join(NUMBER_WORDS)
    + r")(?![\w.]*\d)[\s-]?(?P<unit>%|percent|[$€£]|[^\W\d_]+)?(?:\s(?P<second>[^\W\d_]+))?",
    re.IGNORECASE,
)
# One unit in another; what is not listed counts as it is written, without its plural.
UNITS = {
    "second": ("s", 1), "sec": ("s", 1), "minute": ("s", 60), "min": ("s", 60), "hour": ("s", 3600), "day": ("d", 1),
    "week": ("d", 7), "month": ("month", 1), "year": ("month", 12), "kb": ("kb", 1), "mb": ("kb", 1000),
    "gb": ("kb", 10**6), "tb": ("kb", 10**9), "%": ("percent", 1), "percent": ("percent", 1), "$": ("usd", 1), "dollar": ("usd", 1),
    "usd": ("usd", 1), "€": ("eur", 1), "euro": ("eur", 1), "eur": ("eur", 1), "£": ("gbp", 1), "pound": ("gbp", 1),
    "gbp": ("gbp", 1),
}  # fmt: skip
DAY_KINDS = frozenset({"business", "working", "calendar"})
# Steps, versions and the like are names, not amounts.
NOT_AMOUNTS = frozenset({"step", "version", "option", "section", "chapter", "figure", "http", "error", "code", "port"})
NEGATION = re.compile(
    r"\b(?:not|never|cannot|impossible)\b|n['’]t\b|\b(?:is|are|there's|there is) no\b(?! longer)",
    re.IGNORECASE,
)
CONDITION = re.compile(r"\b(?:if|unless|when|until|once|while|in case|whether|except|before|after)\b", re.IGNORECASE)
# Words that say about which of several things an article or a sentence speaks. Where they differ, two things are meant.
VARIANTS = frozenset(
    "free basic starter standard plus pro professional premium team business enterprise trial paid monthly yearly annual "
    "annually weekly daily hourly quarterly admin administrator owner member guest viewer editor manager agent lead "
    "windows mac macos ios iphone ipad android linux web desktop mobile browser app api card bank paypal sepa cash "
    "domestic international foreign savings checking credit debit new old former test live production sandbox personal company private public express".split()
)
# Inside a sentence these do too; in a title they may be another word for the same.
ACTIONS = frozenset(
    "minimum maximum least most first second third last next incoming outgoing invoice refund charge upload download "
    "import export create delete buy sell start end open close add remove before after send receive upgrade "
    "downgrade".split()
)
MOST_SENTENCE = 300
LEAST_SHARED = 3
SHARED_SHARE = 0.6
# Where each has a word that the other lacks, as in foreign and out-of-network fees, nearly all the rest must be the same.
SHARED_SHARE_SWAPPED = 0.8
# A "not" changes the meaning of sentences only that say the same otherwise.
SHARED_SHARE_NEGATED = 0.75


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two sentences that cannot both be true, and why in words."""

    left: str
    right: str
    why: str


@dataclass(frozen=True, slots=True)
class _Said:
    """A sentence with what the comparison needs of it."""

    text: str
    words: frozenset[str]
    qualifiers: frozenset[str]
    amounts: dict[str, frozenset[float]]
    is_negated: bool


def disagreement(left: str, right: str, *, left_context: str = "", right_context: str = "") -> Disagreement | None:
    """Find the first two sentences of two passages that contradict each other; the contexts are titles and headings."""
    if _qualifiers(left_context, IN_TITLES) != _qualifiers(right_context, IN_TITLES):
        return None
    others = _sentences(right)
    for mine in _sentences(left):
        for theirs in others:
            why = _why(mine, theirs)
            if why:
                return Disagreement(mine.text, theirs.text, why)
    return None


def _why(mine: _Said, theirs: _Said) -> str:
    if mine.qualifiers != theirs.qualifiers:
        return ""
    shared = len(mine.words & theirs.words)
    share = shared / max(len(mine.words | theirs.words), 1)
    is_swapped = bool(mine.words - theirs.words and theirs.words - mine.words)
    if shared < LEAST_SHARED or share < (SHARED_SHARE_SWAPPED if is_swapped else SHARED_SHARE):
        return ""
    if mine.is_negated == theirs.is_negated:
        return _other_amounts(mine, theirs)
    return "One says yes, the other no." if share >= SHARED_SHARE_NEGATED else ""


def _other_amounts(mine: _Said, theirs: _Said) -> str:
    """Compare amounts of one unit; a sentence that names several of a unit is a table in prose, and left alone."""
    for unit in sorted(mine.amounts.keys() & theirs.amounts.keys()):
        ours, others = mine.amounts[unit], theirs.amounts[unit]
        if len(ours) == len(others) == 1 and ours != others:
            return "They name different figures for the same thing."
    return ""


@lru_cache(maxsize=4096)
def _sentences(text: str) -> tuple[_Said, ...]:
    found = []
    for start, end in split_sentences(text):
        for line in text[start:end].splitlines():
            said = _said(line.strip(" *-#>\t"))
            if said.words and (said.amounts or len(said.words) >= LEAST_SHARED):
                found.append(said)
    return tuple(found)


def _said(text: str) -> _Said:
    plain = re.sub(r"[*_`]|\[([^\]]*)\]\([^)]*\)", r"\1", text)[:MOST_SENTENCE]
    negated = NEGATION.search(plain)
    condition = CONDITION.search(plain)
    # "If it is not paid, …" denies nothing.
    is_negated = negated is not None and condition is None
    words = frozenset(stem(w) for w in stems(NEGATION.sub(" ", QUANTITY.sub(_unit_only, plain))) if not w.isdigit())
    return _Said(plain, words, _qualifiers(plain, IN_SENTENCES), _amounts(plain), is_negated)


def _unit_only(match: re.Match[str]) -> str:
    """Leave the unit where an amount stood, so that minutes and hours are the same word."""
    base, _factor = _unit(match)
    known = f"unit{base}" if base in BASES else match.group("unit") or ""
    return " ".join(("", known, match.group("second") or "", ""))


def _qualifiers(text: str, listed: frozenset[str]) -> frozenset[str]:
    """Give what tells one of several things from another: the listed words, and names inside a sentence."""
    words = [(match.group(), match.start()) for match in WORD.finditer(text)]
    known = {stem(word.lower()) for word, _ in words} & listed
    names = {word.lower() for word, start in words if _is_name(word) and start and not _begins_sentence(text, start)}
    is_title_case = len(names) > len(words) / 2
    return frozenset(known | (set() if is_title_case else names))


def _is_name(word: str) -> bool:
    return len(word) > 1 and word[0].isupper() and word.lower() not in UNITS


def _begins_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip()
    return not before or before[-1] in ".!?:›»\"'“(["


IN_TITLES = frozenset(stem(word) for word in VARIANTS)
IN_SENTENCES = frozenset(stem(word) for word in VARIANTS | ACTIONS)
BASES = frozenset(base for base, _factor in UNITS.values())


def _amounts(text: str) -> dict[str, frozenset[float]]:
    found: dict[str, set[float]] = {}
    for match in QUANTITY.finditer(text):
        unit, factor = _unit(match)
        if unit:
            found.setdefault(unit, set()).add(_value(match.group("number")) * factor)
    return {unit: frozenset(values) for unit, values in found.items()}


def _unit(match: re.Match[str]) -> tuple[str, float]:
    written = (match.group("before") or match.group("unit") or "").lower()
    if written in DAY_KINDS:
        kind = (match.group("second") or "").lower()
        # Two kinds of days cannot be compared.
        return (f"{written} {kind.removesuffix('s')}", 1) if kind else ("", 1)
    single = written if written in UNITS else written.removesuffix("s")
    if not single or single in NOT_AMOUNTS or single in {"and", "or", "to", "of", "in", "on", "at", "a", "the", "more"}:
        return "", 1
    return UNITS.get(single, (stem(single), 1))


def _value(written: str) -> float:
    plain = NUMBER_WORDS.get(written.lower(), written)
    if re.fullmatch(r"\d{1,3}(?:[ ,]\d{3})+(?:\.\d+)?", plain):
        plain = plain.replace(",", "").replace(" ", "")
    return float(plain.replace(",", "."))
