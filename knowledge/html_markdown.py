"""Write elements of an HTML page as Markdown."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urljoin

if TYPE_CHECKING:
    from lxml.html import HtmlElement

BLOCKS = frozenset(
    "html body p div section article main blockquote figure figcaption dl dt dd ul ol li table tr td th thead tbody tfoot caption "
    "pre hr h1 h2 h3 h4 h5 h6 header footer aside address details summary fieldset center form".split()
)
HEADINGS = {f"h{level}": "#" * level for level in range(1, 7)}
MARKS = {"strong": "**", "b": "**", "em": "*", "i": "*"}
CODE = frozenset({"code", "kbd", "samp", "tt"})
SPACES = re.compile(r"[ \t\r\n\f\v\u00a0]+")
MAX_CELLS = 50_000
# Quotes and lists inside one another beyond this are written without marks: each repeats its mark on every line inside.
DEEPEST = 12
# What generators of documentation put behind headings to link them.
ANCHORS = " \t\r\n\f\v\u00a0¶#§🔗\u200b\uf0c1"
LANGUAGE = re.compile(r"(?:\A|\s)(?:lang(?:uage)?|highlight|brush)[-:]\s*([A-Za-z0-9+#]{1,20})")


def write_blocks(element: "HtmlElement", address: str = "") -> str:
    """Write an element as Markdown, its blocks apart by blank lines."""
    writer = _Writer(element, address)
    return "\n\n".join(writer.blocks(element))


def words_of(element: "HtmlElement") -> str:
    """Give an element's words in one line."""
    return SPACES.sub(" ", "".join(element.itertext())).strip()


class _Writer:
    """Knows which elements hold blocks, so that each is looked at once."""

    def __init__(self, root: "HtmlElement", address: str) -> None:
        self.address = address
        self._depth = 0
        self._holders: set[HtmlElement] = set()
        for element in root.iter(*BLOCKS):
            for parent in element.iterancestors():
                if parent in self._holders:
                    break
                self._holders.add(parent)

    def blocks(self, element: "HtmlElement") -> list[str]:
        """Give the blocks of an element, each without blank lines around it."""
        tag = element.tag
        if tag in HEADINGS:
            return _kept(f"{HEADINGS[tag]} {self._heading(element)}".rstrip(" #"))
        if tag == "pre":
            return _kept(_code_block(element))
        if tag in {"ul", "ol"}:
            return _kept(self._list(element, is_numbered=tag == "ol"))
        if tag == "table" and not self._is_layout(element):
            return _kept(self._table(element))
        if tag == "blockquote":
            return self._quote(element)
        if tag == "hr":
            return []
        if tag == "dt":
            return [f"**{words.strip('*')}**" for words in _kept(" ".join(self._children(element)))]
        return self._children(element)

    def _quote(self, element: "HtmlElement") -> list[str]:
        with self._deeper() as is_marked:
            blocks = self._children(element)
        if not is_marked:
            return blocks
        return _kept("\n".join(f"> {line}".rstrip() for line in "\n\n".join(blocks).splitlines()))

    @contextmanager
    def _deeper(self) -> Iterator[bool]:
        """Go into a quote or list, and tell whether its marks are still written."""
        self._depth += 1
        try:
            yield self._depth <= DEEPEST
        finally:
            self._depth -= 1

    def _children(self, element: "HtmlElement") -> list[str]:
        """Give the blocks inside; what stands between blocks makes paragraphs."""
        found: list[str] = []
        line = [element.text or ""]
        for child in element:
            if isinstance(child.tag, str) and (child.tag in BLOCKS or child in self._holders):
                found += _kept(_line(line))
                found += self.blocks(child)
                line = [child.tail or ""]
            else:
                line += [*self._inline(child), child.tail or ""]
        return found + _kept(_line(line))

    def _heading(self, element: "HtmlElement") -> str:
        words = _line([element.text or "", *self._inside(element)])
        return words.replace("\n", " ").rstrip(ANCHORS)

    def _inside(self, element: "HtmlElement") -> Iterator[str]:
        for child in element:
            yield from self._inline(child)
            yield child.tail or ""

    def _inline(self, element: "HtmlElement") -> Iterator[str]:
        """Give the pieces of what stands in a line; a NUL, which no page holds any more, is the end of one."""
        tag = element.tag
        if not isinstance(tag, str):
            return
        if tag == "br":
            yield "\x00"
        elif tag == "img":
            yield element.get("alt") or ""
        elif tag in CODE:
            yield _code(words_of(element))
        elif tag == "a":
            yield self._link(element)
        elif tag in MARKS:
            yield _marked(_line([element.text or "", *self._inside(element)], is_whole=False), MARKS[tag])
        else:
            yield element.text or ""
            yield from self._inside(element)

    def _link(self, element: "HtmlElement") -> str:
        words = _line([element.text or "", *self._inside(element)], is_whole=False)
        href = (element.get("href") or "").strip()
        if not words.strip(ANCHORS) and href.startswith("#"):
            return ""
        if not words.strip() or href.startswith("#"):
            return words
        target = self._target(href)
        return f"[{words.strip()}]({target})" if target else words

    def _target(self, href: str) -> str:
        try:
            target = urljoin(self.address, href)
        except ValueError:
            return ""
        is_address = target.startswith(("http://", "https://", "mailto:", "/"))
        return target.replace(" ", "%20").replace("(", "%28").replace(")", "%29") if is_address else ""

    def _list(self, element: "HtmlElement", *, is_numbered: bool) -> str:
        with self._deeper() as is_marked:
            return self._entries(element, is_numbered=is_numbered, indented=_indented if is_marked else str)

    def _entries(self, element: "HtmlElement", *, is_numbered: bool, indented: Callable[[str], str]) -> str:
        start = element.get("start", "")
        number = int(start[:6]) if start.isdecimal() else 1
        items: list[str] = []
        for child in element:
            if not isinstance(child.tag, str):
                continue
            if child.tag in {"ul", "ol"}:
                # A list inside a list without an entry of its own belongs to the entry before.
                nested = indented(self._list(child, is_numbered=child.tag == "ol"))
                items[-1:] = [f"{items[-1]}\n{nested}"] if items else [nested]
                continue
            text = self._entry(child)
            if text:
                items.append(f"{f'{number}.' if is_numbered else '-'} {indented(text).lstrip()}")
                number += 1
        return "\n".join(items)

    def _entry(self, element: "HtmlElement") -> str:
        blocks = self.blocks(element) if element.tag != "li" else self._children(element)
        text = ""
        for block in blocks:
            is_list = block.startswith(("- ", "1. "))
            text += ("\n" if is_list else "\n\n") + block if text else block
        return text

    def _is_layout(self, table: "HtmlElement") -> bool:
        """Tell whether a table only puts things side by side: tables, headings or code in it, or one column of blocks."""
        if next(table.iter("h1", "h2", "h3", "pre"), None) is not None or len(list(table.iter("table"))) > 1:
            return True
        return all(len(row) < 2 for row in table.iter("tr"))  # noqa: PLR2004 - a table has columns

    def _table(self, table: "HtmlElement") -> str:
        rows = [[self._cell(cell) for cell in row if cell.tag in {"td", "th"}] for row in table.iter("tr")]
        rows = [row for row in rows if any(row)]
        if not rows:
            return ""
        width = max(len(row) for row in rows)
        if width * len(rows) > MAX_CELLS:
            # Padded, a small page of one wide row and many narrow ones would become a huge one.
            return "\n".join(" ".join(filter(None, row)) for row in rows)
        lines = [f"| {' | '.join([*row, *[''] * (width - len(row))])} |" for row in rows]
        lines.insert(1, "|" + " --- |" * width)
        caption = table.find("caption")
        above = f"{words_of(caption)}\n\n" if caption is not None and words_of(caption) else ""
        return above + "\n".join(lines)

    def _cell(self, cell: "HtmlElement") -> str:
        return " ".join(self._children(cell)).replace("\n", " ").replace("|", "\\|")


def _line(pieces: list[str], *, is_whole: bool = True) -> str:
    """Make one text of pieces: spaces run together, and only `<br>` ends a line."""
    text = SPACES.sub(" ", "".join(pieces))
    if not is_whole:
        return text
    return "  \n".join(part for part in (part.strip() for part in text.split("\x00")) if part)


def _marked(words: str, mark: str) -> str:
    inner = words.strip().strip("*")
    if not inner or "\x00" in inner:
        return words
    left, right = words[: len(words) - len(words.lstrip())], words[len(words.rstrip()) :]
    return f"{left}{mark}{inner}{mark}{right}"


def _code(words: str) -> str:
    if not words:
        return ""
    mark = "``" if "`" in words else "`"
    pad = " " if words.startswith("`") or words.endswith("`") else ""
    return f"{mark}{pad}{words}{pad}{mark}"


def _code_block(element: "HtmlElement") -> str:
    """Write a listing; its language is what the classes of the listing, or of what stands around it, say."""
    for broken in element.iter("br"):
        broken.tail = "\n" + (broken.tail or "")
    # Variants of one listing (two languages, two systems) stand in it one after another.
    variants = element.findall("code")
    parts = variants if len(variants) > 1 else [element]
    text = "\n\n".join("".join(part.itertext()).strip("\n") for part in parts)
    if not text.strip():
        return ""
    around = [element.get("class") or "", *(child.get("class") or "" for child in element.iter("code"))]
    around += [parent.get("class") or "" for parent in list(element.iterancestors())[:2]]
    language = next((match[1] for names in around if (match := LANGUAGE.search(names[:200]))), "")
    fence = "```" if "```" not in text else "~~~~"
    return f"{fence}{language.lower()}\n{text.rstrip()}\n{fence}"


def _indented(text: str) -> str:
    return "\n".join(f"   {line}".rstrip() for line in text.splitlines())


def _kept(block: str) -> list[str]:
    return [block] if block.strip() else []
