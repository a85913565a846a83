"""What changed between two texts, word by word, for people to read."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

Kind = Literal["same", "added", "removed"]
WORD = re.compile(r"\s+|[^\W_]+|.", re.DOTALL)
# Beyond this many pairs of words two pieces are shown as one removed and one added: comparing them takes too long.
MOST_PAIRS = 4_000_000
# Unchanged lines that are shown around a change; longer runs are folded.
AROUND = 3


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words that are in both texts, or in one of them."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Fold:
    """Unchanged lines that are not shown."""

    lines: int


def compare_texts(before: str, after: str) -> list[Piece | Fold]:
    """Give the later text in pieces, with what was removed in its place; long unchanged runs are folded."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    pieces: list[Piece | Fold] = []
    steps = SequenceMatcher(None, old, new).get_opcodes()
    for number, (tag, i1, i2, j1, j2) in enumerate(steps):
        if tag == "equal":
            pieces += _unchanged(new[j1:j2], is_first=number == 0, is_last=number == len(steps) - 1)
        else:
            pieces += compare_words("".join(old[i1:i2]), "".join(new[j1:j2]))
    return pieces


def compare_words(before: str, after: str) -> list[Piece]:
    """Give both texts in pieces, word by word."""
    old, new = WORD.findall(before), WORD.findall(after)
    if len(old) * len(new) > MOST_PAIRS:
        return [*_piece("removed", old), *_piece("added", new)]
    pieces: list[Piece] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces += _piece("same", new[j1:j2])
        else:
            pieces += [*_piece("removed", old[i1:i2]), *_piece("added", new[j1:j2])]
    return pieces


def _piece(kind: Kind, words: Sequence[str]) -> Iterator[Piece]:
    if words:
        yield Piece(kind, "".join(words))


def _unchanged(lines: Sequence[str], *, is_first: bool, is_last: bool) -> Iterator[Piece | Fold]:
    """Give the lines next to a change, and fold the others."""
    head = 0 if is_first else AROUND
    tail = 0 if is_last else AROUND
    folded = len(lines) - head - tail
    if folded <= 1:
        yield from _piece("same", lines)
        return
    yield from _piece("same", lines[:head])
    yield Fold(folded)
    yield from _piece("same", lines[len(lines) - tail :])
