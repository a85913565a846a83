"""The text of a PDF as Markdown: paragraphs put together again, headings told by the size of their letters."""

import logging
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from knowledge.extraction.blocks import ENTRY, HEADING, TEXT, Blocks, joined, plain
from knowledge.extraction.refusals import MAX_CHARACTERS, CannotReadError

MAX_PAGES = 1_000
# A heading's letters are this much larger than those of most of the text.
LARGER = 1.15
MAX_HEADING = 120
MAX_LEVEL = 3
# Lines that stand at the top or bottom of this share of all pages belong to the page, not to the text.
REPEATED, FEWEST_PAGES, EDGE_LINES, FULL_PAGE = 0.6, 3, 2, 8
# A gap of this many line heights begins a new paragraph; a line this much shorter than most ends one.
GAP, SHORT = 1.6, 0.8
BULLET = re.compile(r"^\s*[•●▪◦‣∙·\uf0b7\u2013\u2014*-]\s+")
NUMBERED = re.compile(r"^\s*(\d{1,3})[.)]\s+")
PAGE_NUMBER = re.compile(r"^\W*(page|seite|p\.)?\s*\d{1,4}(\s*(of|/|von)\s*\d{1,4})?\W*$", re.IGNORECASE)
HYPHENATED = re.compile(r"([^\W\d_]+)[-\u00ad\u2010]$")
JUNK_TITLE = re.compile(r"^(untitled|microsoft word\b.*|.*\.(docx?|pdf|indd|tex|pptx?)|slide \d+)$", re.IGNORECASE)
SPACES = re.compile(r"[ \t\u00a0]+")


@dataclass(slots=True)
class Line:
    """A line as it stands on the page; `y` grows upwards and is 0 where unknown."""

    text: str
    size: float
    y: float
    is_bold: bool = False


def read(path: str) -> dict[str, str]:
    """Give title, Markdown body and a note on what was left out.

    Raises:
        CannotReadError: broken, protected by a password, or pictures without text.
    """
    from pypdf.errors import PyPdfError

    # It warns about every small flaw; the person gets one sentence about the large ones.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        return _read(path)
    except (CannotReadError, MemoryError, RecursionError):
        raise
    except PyPdfError as exc:
        raise CannotReadError(f"The PDF is broken and cannot be opened: {exc}") from exc
    except Exception as exc:  # a broken file raises whatever its wrong values lead to
        raise CannotReadError(f"The PDF is broken and cannot be read ({type(exc).__name__}).") from exc


def _read(path: str) -> dict[str, str]:
    from pypdf import PdfReader

    reader = PdfReader(path)
    if reader.is_encrypted and not reader.decrypt(""):
        raise CannotReadError("The PDF is protected by a password. Save it without one and import it again.")
    count = len(reader.pages)
    pages, empty, length = [], [], 0
    for number in range(min(count, MAX_PAGES)):
        lines = _lines(reader.pages[number])
        pages.append(lines)
        length += sum(len(line.text) for line in lines)
        if not lines:
            empty.append(number + 1)
        if length > MAX_CHARACTERS:
            break
    if not length:
        raise CannotReadError(
            "The PDF holds no text, only pictures of pages (a scan). Run text recognition (OCR) on it and import it again."
        )
    pages = _without_repeated(pages)
    body, first = to_markdown(pages)
    if not body:
        raise CannotReadError("The PDF holds no text besides page numbers.")
    title = first or _stated_title(reader)
    return {"title": title, "body": body, "note": _note(count, len(pages), empty)}


def _note(count: int, read_pages: int, empty: list[int]) -> str:
    notes = []
    if count > read_pages:
        notes.append(f"Only the first {read_pages} of {count} pages were read.")
    if empty:
        shown = ", ".join(map(str, empty[:10])) + (" …" if len(empty) > 10 else "")  # noqa: PLR2004 - enough to find them
        notes.append(f"{len(empty)} of {count} pages hold no text ({shown}).")
    return " ".join(notes)


def _stated_title(reader: Any) -> str:
    title = SPACES.sub(" ", str((reader.metadata and reader.metadata.title) or "")).strip()
    return "" if JUNK_TITLE.match(title) else title


def _lines(page: Any) -> list[Line]:
    """Read a page's lines with the size of their letters and their height on the page."""
    pieces: list[tuple[str, float, float, bool]] = []

    def visit(text: str, cm: list[float], tm: list[float], font: Any, size: float | None) -> None:
        if text:
            scale = (abs(tm[3]) or abs(tm[1]) or 1.0) * (abs(cm[3]) or abs(cm[1]) or 1.0)
            y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
            name = str((font or {}).get("/BaseFont", "")).lower()
            pieces.append((text, round((size or 0) * scale, 1), y, "bold" in name or "black" in name))

    page.extract_text(visitor_text=visit)
    return _put_together(pieces)


def _put_together(pieces: Iterable[tuple[str, float, float, bool]]) -> list[Line]:
    """Make lines of pieces, which may hold several lines or a part of one."""
    lines: list[Line] = []
    parts: list[tuple[str, float, float, bool]] = []
    for text, size, y, is_bold in pieces:
        for index, part in enumerate(text.split("\n")):
            if index:
                lines += _line(parts)
                parts = []
            if part:
                parts.append((part, size, y, is_bold))
    return lines + _line(parts)


def _line(parts: list[tuple[str, float, float, bool]]) -> list[Line]:
    text = SPACES.sub(" ", "".join(part[0] for part in parts).replace("\0", "")).strip()
    if not text:
        return []
    sizes: Counter[float] = Counter()
    bold = 0
    for part, size, _y, is_bold in parts:
        sizes[size] += len(part.strip())
        bold += len(part.strip()) if is_bold else 0
    heights = [part[2] for part in parts if part[0].strip()]
    return [Line(text, sizes.most_common(1)[0][0], heights[0], is_bold=bold * 10 >= len(text) * 9)]


def _without_repeated(pages: list[list[Line]]) -> list[list[Line]]:
    """Drop running heads and feet, and page numbers."""
    places: Counter[str] = Counter()
    for lines in pages:
        places.update({_shape(line) for line in _edges(lines)})
    most = max(FEWEST_PAGES, REPEATED * len(pages))
    repeated = {shape for shape, count in places.items() if count >= most}
    kept = []
    for lines in pages:
        edges = {id(line) for line in _edges(lines) if _shape(line) in repeated or PAGE_NUMBER.match(line.text)}
        kept.append([line for line in lines if id(line) not in edges])
    return kept


def _edges(lines: list[Line]) -> list[Line]:
    count = EDGE_LINES if len(lines) > FULL_PAGE else 1
    return lines if len(lines) <= count else lines[:count] + lines[-count:]


def _shape(line: Line) -> str:
    return re.sub(r"\d+", "0", line.text.lower())


def to_markdown(pages: list[list[Line]]) -> tuple[str, str]:
    """Write lines as Markdown; give the body and the title, which the largest letters at the very beginning make."""
    lines = [line for page in pages for line in page]
    if not lines:
        return "", ""
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[line.size] += len(line.text)
    usual = sizes.most_common(1)[0][0]
    larger = sorted({line.size for line in lines if _is_larger(line, usual)}, reverse=True)
    levels = {size: min(rank, MAX_LEVEL) for rank, size in enumerate(larger, start=1)}
    writer = _Writer(usual, levels, _hyphenated_words(lines), _usual_length(lines))
    for page in pages:
        writer.start_page()
        for line in page:
            writer.take(line)
    return writer.finish()


def _is_larger(line: Line, usual: float) -> bool:
    return line.size >= usual * LARGER and len(line.text) <= MAX_HEADING


def _usual_length(lines: list[Line]) -> int:
    """Give the length of a full line: nine of ten are shorter."""
    lengths = sorted(len(line.text) for line in lines)
    return lengths[int(len(lengths) * 0.9)] if lengths else 0


def _hyphenated_words(lines: list[Line]) -> set[str]:
    """Find words that are written with a hyphen inside a line, so that it stays at a line's end too."""
    return {word.lower() for line in lines for word in re.findall(r"[^\W\d_]+-[^\W\d_]+", line.text)}


class _Writer:
    """Puts lines together into headings, list entries and paragraphs."""

    def __init__(self, usual: float, levels: dict[float, int], hyphenated: set[str], full: int) -> None:
        self.usual, self.levels, self.hyphenated, self.full = usual, levels, hyphenated, full
        self.blocks: Blocks = []
        self.title = ""
        self._open: list[str] = []
        self._kind = ""
        self._last: Line | None = None
        self._height = usual * 1.2

    def start_page(self) -> None:
        """Heights begin anew; a paragraph goes on over the edge when its last line was full."""
        if self._last is not None:
            self._last = Line(self._last.text, self._last.size, 0.0, self._last.is_bold)

    def take(self, line: Line) -> None:
        """Add a line to what is open, or begin anew."""
        level = self._level(line)
        kind = f"h{level}" if level else self._entry_kind(line) or "p"
        goes_on = self._last is not None and self._goes_on(line, kind)
        if not goes_on:
            self._close()
            self._kind = kind
        self._open.append(line.text)
        self._last = line

    def finish(self) -> tuple[str, str]:
        """Give the body without the title, and the title."""
        self._close()
        return joined(self.blocks), self.title

    def _level(self, line: Line) -> int:
        if _is_larger(line, self.usual):
            return self.levels.get(line.size, MAX_LEVEL)
        stands_alone = len(line.text) <= MAX_HEADING // 2 and not line.text.endswith((".", ",", ";", ":"))
        is_entry = bool(self._entry_kind(line))
        return MAX_LEVEL if line.is_bold and stands_alone and not is_entry and line.size >= self.usual else 0

    @staticmethod
    def _entry_kind(line: Line) -> str:
        if BULLET.match(line.text):
            return "ul"
        return "ol" if NUMBERED.match(line.text) else ""

    def _goes_on(self, line: Line, kind: str) -> bool:
        last = self._last
        assert last is not None
        gap = last.y - line.y
        is_near = not last.y or 0 <= gap <= max(self._height, line.size, last.size) * GAP
        if kind.startswith("h") or self._kind.startswith("h"):
            return kind == self._kind and line.size == last.size and is_near and bool(last.y)
        if kind in {"ul", "ol"}:
            return False
        was_short = len(last.text) < self.full * SHORT
        ended = last.text.endswith((".", "!", "?", ":", "…"))
        return is_near and not (was_short and (ended or line.text[:1].isupper())) and abs(line.size - last.size) < 1

    def _close(self) -> None:
        if not self._open:
            return
        text = self._joined()
        if self._kind.startswith("h"):
            self._close_heading(text)
        elif self._kind == "ul":
            self.blocks.append((ENTRY, f"- {BULLET.sub('', text)}"))
        elif self._kind == "ol":
            self.blocks.append((ENTRY, NUMBERED.sub(r"\1. ", text)))
        else:
            self.blocks.append((TEXT, plain(text)))
        self._open = []

    def _close_heading(self, text: str) -> None:
        if not self.blocks and not self.title and self._kind == "h1":
            self.title = text
        else:
            self.blocks.append((HEADING, f"{'#' * (int(self._kind[1]) + 1)} {text}"))

    def _joined(self) -> str:
        text = self._open[0]
        for line in self._open[1:]:
            match = HYPHENATED.search(text)
            if match and line[:1].islower():
                first = re.match(r"[^\W\d_]+", line)
                whole = f"{match.group(1)}-{first.group() if first else ''}".lower()
                text = (text if whole in self.hyphenated and text.endswith("-") else text[:-1]) + line
            else:
                text = f"{text} {line}"
        return text
