"""The piece of a passage that a list of results shows, with the words that were asked for marked."""

import re
from dataclasses import dataclass

from knowledge.quotes import units_of, without_fences
from knowledge.stopwords import WORD, stem, stems

LENGTH = 180


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a snippet; `is_hit` marks a word of the question."""

    text: str
    is_hit: bool


def snippet(query: str, body: str, length: int = LENGTH) -> list[Piece]:
    """Give the unit of a passage that shares most words with a query, cut at a word, in marked pieces."""
    words = stems(query)
    units = [without_fences(unit.text) for unit in units_of(body) if unit.kind != "code"] or [" ".join(body.split())]
    best = max(range(len(units)), key=lambda index: (len(words & stems(units[index])), -index))
    text = " ".join(" ".join(units[best : best + 3]).split())
    if len(text) > length:
        text = text[:length].rsplit(" ", 1)[0] + " …"
    return mark_words(text, words)


def mark_words(text: str, words: frozenset[str]) -> list[Piece]:
    """Cut a text into pieces that are words of the question and pieces that are not."""
    pieces: list[Piece] = []
    place = 0
    for match in WORD.finditer(text):
        if stem(re.sub(r"['’]s$", "", match.group().lower())) not in words:
            continue
        if match.start() > place:
            pieces.append(Piece(text[place : match.start()], is_hit=False))
        pieces.append(Piece(match.group(), is_hit=True))
        place = match.end()
    return [*pieces, Piece(text[place:], is_hit=False)] if place < len(text) else pieces
