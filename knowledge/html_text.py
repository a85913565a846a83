"""HTML pages as Markdown: the text that a reader came for, without navigation, scripts and forms."""

import re
from html.parser import HTMLParser

SKIPPED = frozenset(
    {
        "script",
        "style",
        "noscript",
        "template",
        "svg",
        "nav",
        "header",
        "footer",
        "aside",
        "form",
        "button",
        "iframe",
        "head",
    }
)
BLOCKS = frozenset(
    {"p", "div", "section", "article", "main", "blockquote", "figure", "figcaption", "dl", "dt", "dd", "tr"}
)
HEADINGS = {"h1": "#", "h2": "##", "h3": "###", "h4": "####", "h5": "#####", "h6": "######"}
MARKS = {"strong": "**", "b": "**", "em": "*", "i": "*", "code": "`", "kbd": "`"}
# No character has so long a number, and Python refuses to read one of thousands of digits.
LONG_REFERENCE = re.compile(r"&(?=#\d{8})")
BLANK_LINES = re.compile(r"\n{3,}")
SPACES = re.compile(r"[ \t\r\n\f\v]+")
VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})


def html_to_markdown(html: str) -> tuple[str, str]:
    """Give a page's title and its text as Markdown; the title is the first heading's, else the `<title>`'s."""
    reader = _Reader()
    reader.feed(LONG_REFERENCE.sub("&amp;", html))
    reader.close()
    text = BLANK_LINES.sub("\n\n", "".join(reader.out))
    body = "\n".join(line.rstrip() for line in text.splitlines()).strip()
    return reader.heading or SPACES.sub(" ", reader.title).strip(), body


class _Reader(HTMLParser):
    """Writes Markdown while it reads; unknown tags count as their text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self.title = ""
        self.heading = ""
        self._skipping: list[str] = []
        self._lists: list[tuple[str, int]] = []
        self._in_title = False
        self._heading_start: int | None = None
        self._is_pre = False
        self._href: list[str] = []
        self._cells = 0
        self._rows = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "title":
            self._in_title = True
        elif tag in SKIPPED:
            self._skipping.append(tag)
        if self._is_skipping:
            return
        self._open(tag, dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False
        if self._skipping and tag in self._skipping:
            while self._skipping.pop() != tag:
                pass
            return
        if not self._is_skipping and tag not in VOID:
            self._close(tag)

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data
        elif self._is_pre:
            self.out.append(data)
        elif not self._is_skipping:
            text = SPACES.sub(" ", data)
            if self._at_line_start:
                text = text.lstrip(" ")
            self.out.append(text)

    @property
    def _is_skipping(self) -> bool:
        return bool(self._skipping)

    @property
    def _at_line_start(self) -> bool:
        last = next((piece for piece in reversed(self.out) if piece), "\n")
        return last.endswith(("\n", " "))

    def _open(self, tag: str, attributes: dict[str, str | None]) -> None:
        if tag in HEADINGS:
            self.out.append(f"\n\n{HEADINGS[tag]} ")
            self._heading_start = len(self.out)
        elif tag in {"ul", "ol"}:
            self.out.append("\n" if self._lists else "\n\n")
            self._lists.append((tag, 0))
        elif tag == "li":
            self._open_entry()
        elif tag == "pre":
            self.out.append("\n\n```\n")
            self._is_pre = True
        elif tag == "a":
            self._href.append(attributes.get("href") or "")
            self.out.append("[")
        elif tag in {"td", "th"}:
            self.out.append("| ")
            self._cells += 1
        elif tag == "table":
            self.out.append("\n\n")
            self._rows = 0
        else:
            self._open_simple(tag, attributes)

    def _open_simple(self, tag: str, attributes: dict[str, str | None]) -> None:
        if tag == "br":
            self.out.append("  \n" if not self._lists else " ")
        elif tag == "tr":
            self._cells = 0
        elif tag in BLOCKS and not self._lists and not self._cells:
            self.out.append("\n\n")
        elif tag in MARKS and not self._is_pre:
            self.out.append(MARKS[tag])
        elif tag == "img" and attributes.get("alt"):
            self.out.append(str(attributes["alt"]))

    def _open_entry(self) -> None:
        kind, count = self._lists[-1] if self._lists else ("ul", 0)
        if self._lists:
            self._lists[-1] = (kind, count + 1)
        indent = "   " * max(len(self._lists) - 1, 0)
        self.out.append(f"\n{indent}{f'{count + 1}.' if kind == 'ol' else '-'} ")

    def _close(self, tag: str) -> None:
        if tag in HEADINGS:
            if self._heading_start is not None and not self.heading:
                self.heading = SPACES.sub(" ", "".join(self.out[self._heading_start :])).strip()
            self.out.append("\n\n")
        elif tag in {"ul", "ol"} and self._lists:
            self._lists.pop()
            self.out.append("" if self._lists else "\n\n")
        elif tag == "pre":
            self.out.append("\n```\n\n")
            self._is_pre = False
        elif tag == "a" and self._href:
            self._close_link(self._href.pop())
        elif tag in {"td", "th"}:
            self.out.append(" ")
        elif tag == "tr":
            self._close_row()
        elif tag in MARKS and not self._is_pre:
            self.out.append(MARKS[tag])
        elif tag in BLOCKS and not self._lists and not self._cells:
            self.out.append("\n\n")

    def _close_link(self, href: str) -> None:
        start = max(index for index, piece in enumerate(self.out) if piece == "[")
        words = "".join(self.out[start + 1 :])
        is_address = href.startswith(("http://", "https://", "mailto:", "/"))
        self.out[start:] = [f"[{words}]({href})"] if is_address and words.strip() else [words]

    def _close_row(self) -> None:
        if not self._cells:
            return
        self.out.append("|\n")
        if self._rows == 0:
            self.out.append("|" + " --- |" * self._cells + "\n")
        self._rows += 1
        self._cells = 0
