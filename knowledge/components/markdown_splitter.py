"""Cut Markdown articles into passages that read on their own."""

from dataclasses import dataclass
from typing import Any

from haystack import Document, component

from knowledge.headings import JOINT
from knowledge.markdown import Block, heading_text, parse_blocks, trimmed
from supportai.core.ids import stable_id

MAX_HEADING = 500
MAX_ANNOUNCEMENT = 300


@dataclass(frozen=True, slots=True)
class _Section:
    """What stands under one heading: its path, its span without the heading line, its blocks."""

    path: tuple[str, ...]
    start: int
    end: int
    blocks: tuple[Block, ...]


@component
class MarkdownSplitter:
    """Cuts documents at headings, then between blocks; lists and tables are cut only when far too long.

    :param max_chars: A section longer than this is cut between its blocks.
    :param min_chars: A section shorter than this joins the one before it, if both still fit.
    :param max_block_chars: A single list, table or text longer than this is cut between its lines.
    """

    def __init__(self, max_chars: int = 1400, min_chars: int = 60, max_block_chars: int = 4000) -> None:
        self.max_chars = max_chars
        self.min_chars = min_chars
        self.max_block_chars = max_block_chars

    @component.output_types(documents=list[Document])
    def run(self, documents: list[Document]) -> dict[str, list[Document]]:
        """Cut each document, keeping order.

        :param documents: Whole texts in `content`; `meta` is copied to each piece.
        :returns: `documents`: pieces whose `content` is `text[start:end]`, with `heading` (the path of headings),
            `position` (from 0), `start` and `end` in `meta`; the same text of the same document gives the same ids.
        """
        return {"documents": [piece for document in documents for piece in self._split(document)]}

    def _split(self, document: Document) -> list[Document]:
        text = document.content or ""
        pieces: list[tuple[tuple[str, ...], int, int]] = []
        for section in self._joined(_sections(text)):
            pieces += [(section.path, start, end) for start, end in self._spans(text, section)]
        return [_piece(document, position, *piece) for position, piece in enumerate(pieces)]

    def _joined(self, sections: list[_Section]) -> list[_Section]:
        """Join sections that are too short to stand alone to the one before them."""
        joined: list[_Section] = []
        for section in sections:
            last = joined[-1] if joined else None
            is_short = section.end - section.start < self.min_chars
            was_short = last is not None and last.end - last.start < self.min_chars
            if last and (is_short or was_short) and section.end - last.start <= self.max_chars:
                path = _common(last.path, section.path) if was_short else last.path
                joined[-1] = _Section(path, last.start, section.end, last.blocks + section.blocks)
            else:
                joined.append(section)
        return joined

    def _spans(self, text: str, section: _Section) -> list[tuple[int, int]]:
        if section.end - section.start <= self.max_chars:
            return [(section.start, section.end)]
        spans: list[tuple[int, int]] = []
        for start, end in self._whole_spans(text, section):
            if spans and end - spans[-1][0] <= self.max_chars:
                spans[-1] = (spans[-1][0], end)
            else:
                spans.append((start, end))
        return spans

    def _whole_spans(self, text: str, section: _Section) -> list[tuple[int, int]]:
        """Give what stays together: blocks, and a list or table with the line that announces it."""
        spans: list[tuple[int, int]] = []
        before: Block | None = None
        for block in section.blocks:
            pieces = self._block_spans(text, block)
            if before is not None and _announces(text, before, block):
                spans[-1] = (spans[-1][0], pieces[0][1])
                pieces = pieces[1:]
            spans += pieces
            before = block
        return spans

    def _block_spans(self, text: str, block: Block) -> list[tuple[int, int]]:
        limit = self.max_chars if block.kind == "paragraph" else self.max_block_chars
        if block.end - block.start <= limit:
            return [(block.start, block.end)]
        spans: list[tuple[int, int]] = []
        for start, end in _lines(text, block, limit):
            if spans and end - spans[-1][0] <= self.max_chars:
                spans[-1] = (spans[-1][0], end)
            else:
                spans.append((start, end))
        return spans


def _sections(text: str) -> list[_Section]:
    sections: list[_Section] = []
    path: list[tuple[int, str]] = []
    blocks: list[Block] = []

    def close() -> None:
        if blocks:
            names = tuple(name for _level, name in path)
            sections.append(_Section(names, blocks[0].start, blocks[-1].end, tuple(blocks)))

    for block in parse_blocks(text):
        if block.kind != "heading":
            blocks.append(block)
            continue
        close()
        blocks = []
        path = [entry for entry in path if entry[0] < block.level]
        path.append((block.level, heading_text(text, block)))
    close()
    return sections


def _common(left: tuple[str, ...], right: tuple[str, ...]) -> tuple[str, ...]:
    shared = 0
    while shared < min(len(left), len(right)) and left[shared] == right[shared]:
        shared += 1
    return left[:shared] or left or right


def _announces(text: str, before: Block, block: Block) -> bool:
    """Tell whether a short paragraph such as "Follow these steps:" belongs to the list or table after it."""
    is_list = block.kind in {"list", "table"}
    is_short = before.kind == "paragraph" and before.end - before.start <= MAX_ANNOUNCEMENT
    return is_list and is_short and text[: before.end].endswith(":")


def _lines(text: str, block: Block, limit: int) -> list[tuple[int, int]]:
    """Cut a block that is too long between lines, and a line that is too long between words."""
    spans: list[tuple[int, int]] = []
    place = block.start
    for line in text[block.start : block.end].splitlines(keepends=True):
        start, end = trimmed(text, place, place + len(line))
        while end - start > limit:
            cut = text.rfind(" ", start + 1, start + limit)
            cut = cut if cut > start else start + limit
            spans.append((start, cut))
            start, end = trimmed(text, cut, end)
        if end > start:
            spans.append((start, end))
        place += len(line)
    return spans


def _piece(document: Document, position: int, path: tuple[str, ...], start: int, end: int) -> Document:
    meta: dict[str, Any] = {
        **document.meta,
        "heading": JOINT.join(path)[:MAX_HEADING],
        "position": position,
        "start": start,
        "end": end,
    }
    content = (document.content or "")[start:end]
    return Document(id=str(stable_id("passage", document.id, position, content)), content=content, meta=meta)
