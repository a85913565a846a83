"""Sentences with their places, by punctuation; no data files and no network."""

import re

from knowledge.stopwords import STOP_WORDS

# A full stop after one of these ends no sentence, whatever follows.
LEADING = frozenset({"e.g", "i.e", "vs", "mr", "mrs", "ms", "dr", "prof", "cf"})
# These end one only when a capital follows: "see fig. 3", but "select No. Then".
TRAILING = frozenset(
    {
        "etc",
        "no",
        "nr",
        "art",
        "fig",
        "sec",
        "inc",
        "ltd",
        "co",
        "corp",
        "dept",
        "est",
        "approx",
        "min",
        "max",
        "a.m",
        "p.m",
    }
)
LONGEST_ABBREVIATION = 3
# A run of marks is tried from its start only, so that a long one costs no more than its length.
END = re.compile(r"""(?<![.!?…。！？])[.!?…。！？]+["'”’)\]*_]*(?=\s|$)|\n\s*\n""")
LAST_WORD = re.compile(r"([\w.]+)$")
# No abbreviation is longer.
LAST_WORD_CHARACTERS = 24
SEEN = re.compile(r"\S")


def split_sentences(text: str, offset: int = 0) -> list[tuple[int, int]]:
    """Give the spans of a text's sentences, moved by an offset; single line breaks end none."""
    spans: list[tuple[int, int]] = []
    start = 0
    for match in END.finditer(text):
        if match.group().startswith(".") and _continues(text, match):
            continue
        _add(spans, text, start, match.end(), offset)
        start = match.end()
    _add(spans, text, start, len(text), offset)
    return spans


def _add(spans: list[tuple[int, int]], text: str, start: int, end: int, offset: int) -> None:
    piece = text[start:end]
    stripped = piece.strip()
    if stripped:
        first = start + len(piece) - len(piece.lstrip())
        spans.append((offset + first, offset + first + len(stripped)))


def _continues(text: str, stop: re.Match[str]) -> bool:
    """Tell whether a full stop belongs to an abbreviation, an initial, a number or a lower-case next word."""
    before = LAST_WORD.search(text, max(0, stop.start() - LAST_WORD_CHARACTERS), stop.start())
    word = before.group(1).lower().strip(".") if before else ""
    after = SEEN.search(text, stop.end())
    first = after.group() if after else ""
    if word in LEADING:
        return True
    if word in TRAILING:
        return not first.isupper()
    if len(word) == 1 and word.isalpha() and word not in {"i", "a"}:
        return True
    # A short word before a small letter may be an abbreviation that is not listed; people also write without capitals.
    return first.islower() and len(word) <= LONGEST_ABBREVIATION and word not in STOP_WORDS
