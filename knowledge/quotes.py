"""What of a passage can be quoted: whole sentences, list entries and table rows, with their places."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from knowledge.markdown import Block, heading_text, parse_blocks, to_plain, trimmed
from knowledge.sentences import split_sentences
from knowledge.stopwords import word_list

UnitKind = Literal["sentence", "step", "bullet", "row", "code"]

# First words of an instruction. A list whose entries begin so tells what to do; "The customer is verified" does not.
TELLING = word_list("instructions")
# A rule or a bullet alone says nothing.
SAYS = re.compile(r"\w")
FIRST_WORD = re.compile(r"[^\W\d_]+")
# "If you use Slack, open …" and "In Settings, choose …" tell something after the comma.
OPENERS = frozenset(
    {"if", "in", "on", "at", "under", "when", "once", "after", "to", "from", "then", "next", "now", "optionally"}
)
TABLE_RULE = re.compile(r"^[\s|:-]+$")
CODE_FENCE = re.compile(r"^(```+|~~~+)[^\n]*\n?|\n?(```+|~~~+)\s*$")
MAX_CODE = 600
MAX_ANNOUNCEMENT = 120


@dataclass(frozen=True, slots=True)
class Unit:
    """The smallest thing that is quoted. `start` and `end` span it in the passage; `block` tells which belong together.

    `text` is what is written there without Markdown's marks. `leads_in` says that it announces the next block.
    `about` is what gives the text its sense (a heading inside the passage, the sentence that announces the list, the
    names of a table's columns); it is read with the text to see what the unit answers, and never quoted with it.
    """

    text: str
    start: int
    end: int
    kind: UnitKind
    block: int
    leads_in: bool = False
    about: str = ""

    @property
    def meaning(self) -> str:
        """Give the text with what gives it its sense."""
        return f"{self.about}: {self.text}" if self.about else self.text


def units_of(body: str) -> tuple[Unit, ...]:
    """Cut a passage into units, in order; headings are left out."""
    units: list[Unit] = []
    heading = ""
    for number, block in enumerate(parse_blocks(body)):
        if block.kind == "heading":
            heading = heading_text(body, block)
            continue
        about = _announcement(units, number) or heading
        units += [
            replace(unit, about=unit.about or about)
            for unit in _block_units(body, block, number)
            if SAYS.search(unit.text)
        ]
    return tuple(units)


def _announcement(units: list[Unit], block: int) -> str:
    """Give the sentence right before a block when it announces the block."""
    before = units[-1] if units else None
    if before is None or not before.leads_in or before.block != block - 1 or len(before.text) > MAX_ANNOUNCEMENT:
        return ""
    return before.text.rstrip(":")


def is_told(text: str) -> bool:
    """Tell whether a list entry is an instruction: it begins with a verb that tells what to do, or does so soon."""
    first = FIRST_WORD.search(text)
    if first is None:
        return False
    word = first.group().lower()
    if word in TELLING:
        return True
    after = FIRST_WORD.search(text.partition(",")[2]) if word in OPENERS else None
    return after is not None and after.group().lower() in TELLING


def tells_steps(units: tuple[Unit, ...]) -> bool:
    """Tell whether a passage holds a numbered list that is mostly instructions."""
    steps = [unit for unit in units if unit.kind == "step"]
    return bool(steps) and sum(is_told(unit.text) for unit in steps) * 2 >= len(steps)


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
    columns: list[str] = []
    place = block.start
    for line in body[block.start : block.end].splitlines(keepends=True):
        start, end = trimmed(body, place, place + len(line))
        place += len(line)
        if start < end and not TABLE_RULE.match(body[start:end]):
            cells = [to_plain(cell.strip()) for cell in body[start:end].strip("|").split("|")]
            yield Unit(" | ".join(cells), start, end, "row", number, about=", ".join(columns))
            columns = columns or cells


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
