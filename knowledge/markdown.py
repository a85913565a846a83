"""Markdown as blocks with their places in the text, as plain words, and as safe HTML."""

import html
import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from django.utils.text import slugify
from markdown_it import MarkdownIt
from markdown_it.token import Token

from knowledge.html_text import LONG_REFERENCE

BlockKind = Literal["heading", "paragraph", "list", "table", "code", "quote", "other"]

KINDS: dict[str, BlockKind] = {
    "heading_open": "heading",
    "paragraph_open": "paragraph",
    "bullet_list_open": "list",
    "ordered_list_open": "list",
    "table_open": "table",
    "fence": "code",
    "code_block": "code",
    "blockquote_open": "quote",
}
ITEM_MARK = re.compile(r"\s*(?:[-*+•]|\d{1,9}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?")
ALLOWED_TAGS = {
    *(
        "p",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "ul",
        "ol",
        "li",
        "strong",
        "em",
        "s",
        "code",
        "pre",
        "blockquote",
        "hr",
        "br",
    ),
    *("table", "thead", "tbody", "tr", "th", "td", "a", "img"),
}
ALLOWED_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title"},
    "ol": {"start"},
    "h2": {"id"},
    "h3": {"id"},
    "h4": {"id"},
}
ALLOWED_SCHEMES = {"http", "https", "mailto"}


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a list: its span without the mark, and whether it is numbered."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Block:
    """A top-level piece of a Markdown text: `text[start:end]`, without blank lines around it.

    `level` is a heading's level, otherwise 0; `items` are a list's entries.
    """

    kind: BlockKind
    start: int
    end: int
    level: int = 0
    is_ordered: bool = False
    items: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class TocEntry:
    """A heading for the table of contents."""

    anchor: str
    text: str
    level: int


@dataclass(frozen=True, slots=True)
class RenderedPage:
    """Safe HTML and its headings of the first two levels."""

    html: str
    toc: tuple[TocEntry, ...]


def parse_blocks(text: str) -> list[Block]:
    """Cut a Markdown text into its top-level blocks, in order."""
    places = _LinePlaces(text)
    tokens = _parser().parse(text)
    blocks: list[Block] = []
    for index, token in enumerate(tokens):
        if token.level != 0 or token.map is None or token.nesting < 0:
            continue
        start, end = places.span(token.map)
        if start < end:
            blocks.append(_block(tokens, index, start, end, places))
    return blocks


def heading_text(text: str, block: Block) -> str:
    """Give a heading's words without its marks."""
    line = text[block.start : block.end].splitlines()[0]
    return to_plain(line.lstrip("# ").rstrip("# ").strip())


def to_plain(text: str) -> str:
    """Remove Markdown's inline marks and links, keep the words and the line breaks."""
    # Escaped marks are hidden while the others go: in "\\*not strong\\*" the stars are meant.
    text = ESCAPED.sub(lambda match: chr(HIDDEN + ord(match.group(1))), text)
    for pattern, replacement in INLINE_MARKS:
        text = pattern.sub(replacement, text)
    text = HIDDEN_MARK.sub(lambda match: chr(ord(match.group()) - HIDDEN), text)
    return html.unescape(LONG_REFERENCE.sub("&amp;", text)).strip()


ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
# Private characters of Unicode (U+E000 and following), which no text uses.
HIDDEN = 0xE000
HIDDEN_MARK = re.compile("[\ue021-\ue07e]")


# Each pattern stops at the next mark of its own kind, so that a text of opening marks is read once and not once for each.
INNER = r"\([^()\s]*\)"
INLINE_MARKS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(rf"!\[([^\[\]]*)\]\((?:[^()]|{INNER})*\)"), r"\1"),
    (re.compile(rf"\[([^\[\]]+)\]\((?:[^()\s]|{INNER})*(?:\s+\"[^\"]*\")?\)"), r"\1"),
    (re.compile(r"<(https?://[^<>\s]+|[^<>\s@]+@[^<>\s]+)>"), r"\1"),
    (re.compile(r"</?[a-zA-Z][^<>]*>"), ""),
    (re.compile(r"(\*\*|__)(?=\S)((?:(?!\1).)+?)(?<=\S)\1"), r"\2"),
    (re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])"), r"\1"),
    (re.compile(r"(?<!\w)_(?=\S)([^_\n]+?)(?<=\S)_(?!\w)"), r"\1"),
    (re.compile(r"~~(?=\S)((?:(?!~~).)+?)(?<=\S)~~"), r"\1"),
    (re.compile(r"(?<!`)(`{1,9})(?!`)(.+?)(?<!`)\1(?!`)"), r"\2"),
    (re.compile(r"(?<![ \t])[ \t]{2,}$", re.MULTILINE), ""),
)


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def render(text: str) -> RenderedPage:
    """Turn Markdown into HTML that is safe to show: raw HTML stays text, scripts and odd links are gone.

    Headings are shifted so that the page's title stays the only first-level one, and get ids for the contents list.
    """
    import nh3

    tokens = _parser().parse(text)
    toc = _prepare_headings(tokens)
    raw = _parser().renderer.render(tokens, _parser().options, {})
    clean = nh3.clean(
        raw,
        tags=ALLOWED_TAGS,
        attributes=ALLOWED_ATTRIBUTES,
        url_schemes=ALLOWED_SCHEMES,
        link_rel="noopener noreferrer",
    )
    return RenderedPage(html=clean, toc=toc)


def _prepare_headings(tokens: list[Token]) -> tuple[TocEntry, ...]:
    toc: list[TocEntry] = []
    taken: dict[str, int] = {}
    levels = [int(token.tag[1]) for token in tokens if token.type == "heading_open"]
    shift = 2 - min(levels, default=2)
    for index, token in enumerate(tokens):
        if token.type not in {"heading_open", "heading_close"}:
            continue
        level = min(max(int(token.tag[1]) + shift, 2), 6)
        token.tag = f"h{level}"
        if token.type == "heading_open":
            words = to_plain(tokens[index + 1].content)
            anchor = _free_anchor(slugify(words) or "part", taken)
            token.attrSet("id", anchor)
            toc.append(TocEntry(anchor=anchor, text=words, level=level))
    return tuple(entry for entry in toc if entry.level <= 3)  # noqa: PLR2004 - h2 and h3


def _free_anchor(anchor: str, taken: dict[str, int]) -> str:
    """Give an anchor that no heading has yet; `taken` keeps for each the number to go on with."""
    free = anchor
    while free in taken:
        taken[anchor] += 1
        free = f"{anchor}-{taken[anchor]}"
    taken[free] = 1
    return free


class _LinePlaces:
    """Turns the parser's line numbers into places in the text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = [0, *(match.end() for match in re.finditer("\n", text)), len(text)]

    def span(self, lines: list[int]) -> tuple[int, int]:
        """Give the span of lines [first, last), without blank space around it."""
        start = self.starts[min(lines[0], len(self.starts) - 1)]
        end = self.starts[min(lines[1], len(self.starts) - 1)]
        return trimmed(self.text, start, end)


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Narrow a span to what is not blank; an empty one when all is."""
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    return (start, max(start, start + len(piece.strip())))


def _block(tokens: list[Token], index: int, start: int, end: int, places: _LinePlaces) -> Block:
    token = tokens[index]
    kind = KINDS.get(token.type, "other")
    level = int(token.tag[1]) if kind == "heading" else 0
    items = _items(tokens, index, places) if kind == "list" else ()
    return Block(kind, start, end, level, token.type == "ordered_list_open", items)


def _items(tokens: list[Token], index: int, places: _LinePlaces) -> tuple[Item, ...]:
    items: list[Item] = []
    # No slice: a text of many lists would copy its rest for each.
    for place in range(index + 1, len(tokens)):
        token = tokens[place]
        if token.level == 0:
            break
        if token.type == "list_item_open" and token.level == 1 and token.map is not None:
            start, end = places.span(token.map)
            mark = ITEM_MARK.match(places.text, start, end)
            items.append(Item(mark.end() if mark else start, end))
    return tuple(items)
