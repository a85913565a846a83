"""What of a passage can be quoted: whole sentences, list entries and table rows, with their places."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from textwrap import dedent
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
FENCE = re.compile(r"^([ \t]*)(`{3,}|~{3,})[ \t]*([^\s`]{0,40})[^`]*$")
FENCE_LINE = re.compile(r"^(?:`{3,})[^`\n]*$\n?", re.MULTILINE)
INDENT = re.compile(r"^(?: {4}|\t)", re.MULTILINE)
INNER_ENTRY = re.compile(r"(?:[-*+•]|\d{1,9}[.)])\s")
QUOTE_MARKS = re.compile(r"^[ \t]*>[ \t]?", re.MULTILINE)
MAX_CODE = 600
MAX_ANNOUNCEMENT = 120


@dataclass(frozen=True, slots=True)
class Unit:
    """The smallest thing that is quoted. `start` and `end` span it in the passage; `block` tells which belong together.

    `text` is what is written there without Markdown's marks, but for code, which stands between lines of ```. `leads_in` says that it announces the next block.
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
        text = without_fences(self.text)
        return f"{self.about}: {text}" if self.about else text


def without_fences(text: str) -> str:
    """Give a unit's text without the lines of ``` around its code."""
    return FENCE_LINE.sub("", text).strip() if "```" in text else text


def fenced(code: str, language: str = "") -> str:
    """Write code between lines of as many ``` as it takes."""
    longest = max((len(run) for run in re.findall(r"`{3,}", code)), default=2)
    mark = "`" * (longest + 1)
    return f"{mark}{language}\n{code}\n{mark}"


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
        yield Unit(_code_text(body[block.start : block.end]), block.start, block.end, "code", number)


def _sentences(body: str, block: Block, number: int) -> Iterator[Unit]:
    spans = split_sentences(body[block.start : block.end], block.start)
    for start, end in spans:
        piece = QUOTE_MARKS.sub("", body[start:end]) if block.kind == "quote" else body[start:end]
        text = _one_line(to_plain(piece))
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
    """Write a list entry as a reader sees it: one line, entries of an inner list and code on lines of their own."""
    parts: list[str] = []
    goes_on = False
    for is_code, part, language in _parts(text.splitlines()):
        if is_code:
            parts.append(fenced(dedent(part).strip("\n"), language))
            goes_on = False
            continue
        words = to_plain(part.strip())
        if INNER_ENTRY.match(words) or not goes_on:
            parts += [words] if words else []
        elif words:
            parts[-1] += " " + words
        goes_on = bool(parts) and (goes_on or bool(words))
    return "\n".join(parts)


def _code_text(text: str) -> str:
    """Write a block of code: a fenced one, or one whose lines are indented."""
    is_code, part, language = next(_parts(text.splitlines()))
    return fenced(part.strip("\n"), language) if is_code else fenced(INDENT.sub("", text))


def _parts(lines: list[str]) -> Iterator[tuple[bool, str, str]]:
    """Give the lines of an entry, and each piece of fenced code as one, with its language; an open fence ends with it."""
    place = 0
    while place < len(lines):
        opening = FENCE.match(lines[place])
        place += 1
        if opening is None:
            yield False, lines[place - 1], ""
            continue
        mark = opening.group(2)
        closing = re.compile(rf"^[ \t]*{re.escape(mark[0])}{{{len(mark)},}}[ \t]*$")
        end = next((number for number in range(place, len(lines)) if closing.match(lines[number])), len(lines))
        yield True, "\n".join(lines[place:end]), opening.group(3)
        place = end + 1


def _one_line(text: str) -> str:
    return " ".join(text.split())
