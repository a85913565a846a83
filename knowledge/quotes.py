"""What of a passage can be quoted: whole sentences, list entries and table rows, with their places."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from knowledge.markdown import Block, parse_blocks, to_plain, trimmed
from knowledge.sentences import split_sentences

UnitKind = Literal["sentence", "step", "bullet", "row", "code"]

TABLE_RULE = re.compile(r"^[\s|:-]+$")
CODE_FENCE = re.compile(r"^(```+|~~~+)[^\n]*\n?|\n?(```+|~~~+)\s*$")
MAX_CODE = 600


@dataclass(frozen=True, slots=True)
class Unit:
    """The smallest thing that is quoted. `start` and `end` span it in the passage; `block` tells which belong together.

    `text` is what is written there without Markdown's marks. `leads_in` says that it announces the next block.
    """

    text: str
    start: int
    end: int
    kind: UnitKind
    block: int
    leads_in: bool = False


def units_of(body: str) -> tuple[Unit, ...]:
    """Cut a passage into units, in order; headings are left out."""
    units: list[Unit] = []
    for number, block in enumerate(parse_blocks(body)):
        units += [unit for unit in _block_units(body, block, number) if unit.text]
    return tuple(units)


def _block_units(body: str, block: Block, number: int) -> Iterator[Unit]:
    if block.kind in {"paragraph", "quote", "other"}:
        yield from _sentences(body, block, number)
    elif block.kind == "list":
        kind: UnitKind = "step" if block.is_ordered else "bullet"
        for item in block.items:
            yield Unit(_entry_text(body[item.start : item.end]), item.start, item.end, kind, number)
    elif block.kind == "table":
        yield from _rows(body, block, number)
    elif block.kind == "code" and block.end - block.start <= MAX_CODE:
        text = CODE_FENCE.sub("", body[block.start : block.end]).strip()
        yield Unit(text, block.start, block.end, "code", number)


def _sentences(body: str, block: Block, number: int) -> Iterator[Unit]:
    spans = split_sentences(body[block.start : block.end], block.start)
    for start, end in spans:
        text = _one_line(to_plain(body[start:end].lstrip("> ")))
        yield Unit(text, start, end, "sentence", number, leads_in=text.endswith(":"))


def _rows(body: str, block: Block, number: int) -> Iterator[Unit]:
    place = block.start
    for line in body[block.start : block.end].splitlines(keepends=True):
        start, end = trimmed(body, place, place + len(line))
        place += len(line)
        if start < end and not TABLE_RULE.match(body[start:end]):
            cells = [to_plain(cell.strip()) for cell in body[start:end].strip("|").split("|")]
            yield Unit(" | ".join(cells), start, end, "row", number)


def _entry_text(text: str) -> str:
    """Write a list entry as a reader sees it: one line, entries of an inner list on lines of their own."""
    lines: list[str] = []
    for line in text.splitlines():
        words = to_plain(line.strip())
        is_inner = re.match(r"(?:[-*+•]|\d{1,9}[.)])\s", words)
        if is_inner or not lines:
            lines.append(words)
        elif words:
            lines[-1] += " " + words
    return "\n".join(lines)


def _one_line(text: str) -> str:
    return " ".join(text.split())
