"""The text of a Word document (.docx) as Markdown: headings, lists and tables."""

import re
import zipfile
from collections.abc import Iterator
from typing import Any

from knowledge.extraction.blocks import ENTRY, HEADING, TABLE, TEXT, Blocks, joined, plain
from knowledge.extraction.refusals import MAX_CHARACTERS, CannotReadError

# A text of this many bytes fills thousands of pages; more is an archive made to burst.
MAX_UNPACKED = 300_000_000
HEADING_STYLE = re.compile(r"^heading ([1-6])$", re.IGNORECASE)
SPACES = re.compile(r"[ \t\u00a0]+")
OLE = b"\xd0\xcf\x11\xe0"
LEVELS = 6


def read(path: str) -> dict[str, str]:
    """Give title, Markdown body and an empty note.

    Raises:
        CannotReadError: broken, protected, empty, or no Word document.
    """
    try:
        return _read(path)
    except (CannotReadError, MemoryError, RecursionError):
        raise
    except Exception as exc:  # a broken file raises whatever its wrong values lead to
        raise CannotReadError(f"The Word file is broken and cannot be opened ({type(exc).__name__}).") from exc


def _read(path: str) -> dict[str, str]:
    import docx

    _check(path)
    document = docx.Document(path)
    writer = _Writer(document)
    for block in document.iter_inner_content():
        writer.take(block)
    title, body = writer.finish()
    if not body:
        raise CannotReadError("The Word file holds no text.")
    stated = SPACES.sub(" ", document.core_properties.title or "").strip()
    return {"title": title or stated, "body": body[:MAX_CHARACTERS], "note": writer.note}


def _check(path: str) -> None:
    """Look at the archive before anything is unpacked."""
    with open(path, "rb") as file:  # noqa: PTH123 - the child has a path as text, and no use for an object
        start = file.read(4)
    if start == OLE:
        raise CannotReadError("The file is an old or a protected Word file. Save it as .docx without a password.")
    if not zipfile.is_zipfile(path):
        raise CannotReadError("The file is no Word document, or it is broken.")
    with zipfile.ZipFile(path) as archive:
        if "word/document.xml" not in archive.namelist():
            raise CannotReadError("The file is no Word document: it has no text part.")
        if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED:
            raise CannotReadError(f"The Word file unpacks to more than {MAX_UNPACKED // 1_000_000} MB.")


class _Writer:
    """Writes paragraphs and tables as Markdown while it reads."""

    def __init__(self, document: Any) -> None:
        self.document = document
        self.title = ""
        self.note = ""
        self.blocks: Blocks = []
        self._numbers: dict[int, int] = {}

    def take(self, block: Any) -> None:
        """Add a paragraph or a table."""
        if hasattr(block, "rows"):
            self._add(TABLE, "\n".join(_table(block)))
            return
        style = (block.style.name if block.style is not None else "") or ""
        text = _inline(block)
        if not text:
            return
        heading = HEADING_STYLE.match(style)
        if style.lower() == "title" or (heading and heading.group(1) == "1" and not self.title and not self.blocks):
            self._take_title(block.text)
        elif heading:
            self._add(HEADING, f"{'#' * min(int(heading.group(1)) + 1, LEVELS)} {SPACES.sub(' ', block.text).strip()}")
        else:
            self._take_text(block, style, text)

    def finish(self) -> tuple[str, str]:
        """Give title and body."""
        return self.title, joined(self.blocks)

    def _take_title(self, text: str) -> None:
        words = SPACES.sub(" ", text.replace("\n", " ")).strip()
        if not self.title:
            self.title = words
        else:
            self._add(HEADING, f"## {words}")

    def _take_text(self, block: Any, style: str, text: str) -> None:
        numbering = self._numbering(block, style)
        if numbering is None:
            self._numbers.clear()
            self._add(TEXT, plain(text))
            return
        level, is_numbered = numbering
        for deeper in [known for known in self._numbers if known > level]:
            del self._numbers[deeper]
        self._numbers[level] = self._numbers.get(level, 0) + 1
        mark = f"{self._numbers[level]}." if is_numbered else "-"
        indent = "   " * level
        self._add(ENTRY, f"{indent}{mark} " + text.replace("\n", f"\n{indent}   "))

    def _add(self, kind: str, text: str) -> None:
        if kind != ENTRY:
            self._numbers.clear()
        if text:
            self.blocks.append((kind, text))

    def _numbering(self, block: Any, style: str) -> tuple[int, bool] | None:
        """Tell a list entry's level (from 0) and whether it is numbered; None for plain text."""
        properties = block._p.pPr
        own = properties.numPr if properties is not None else None
        lowered = style.lower()
        if own is None and not lowered.startswith("list"):
            return None
        level = int(own.ilvl.val) if own is not None and own.ilvl is not None else _style_level(lowered)
        if own is None or own.numId is None:
            return (level, "number" in lowered) if "bullet" in lowered or "number" in lowered else None
        if own.numId.val == 0:
            return None
        return min(level, LEVELS), self._is_numbered(int(own.numId.val), level, lowered)

    def _is_numbered(self, number_id: int, level: int, style: str) -> bool:
        """Look up the kind of a numbering: bullets, or anything that counts."""
        from docx.oxml.ns import qn

        if "bullet" in style:
            return False
        try:
            root = self.document.part.numbering_part.element
        except (KeyError, NotImplementedError):
            return "number" in style
        of = {num.get(qn("w:numId")): num.find(qn("w:abstractNumId")) for num in root.findall(qn("w:num"))}
        wanted = of.get(str(number_id))
        for abstract in root.findall(qn("w:abstractNum")):
            if wanted is None or abstract.get(qn("w:abstractNumId")) != wanted.get(qn("w:val")):
                continue
            for known in abstract.findall(qn("w:lvl")):
                form = known.find(qn("w:numFmt"))
                if known.get(qn("w:ilvl")) == str(level) and form is not None:
                    return bool(form.get(qn("w:val")) not in {"bullet", "none"})
        return "number" in style


def _style_level(style: str) -> int:
    last = style.rsplit(" ", 1)[-1]
    return int(last) - 1 if last.isdigit() else 0


def _inline(paragraph: Any) -> str:
    """Write a paragraph's runs with bold and links marked."""
    text = "".join(_runs(paragraph))
    # Neighbouring bold runs are one.
    text = re.sub(r"\*\*( *)\*\*", r"\1", text)
    return "\n".join(SPACES.sub(" ", line).strip() for line in text.split("\n")).strip()


def _runs(paragraph: Any) -> Iterator[str]:
    for piece in paragraph.iter_inner_content():
        address = str(getattr(piece, "address", "") or "")
        words = piece.text
        if address.startswith(("http://", "https://", "mailto:")) and words.strip():
            yield f"[{words.strip()}]({address})"
        elif getattr(piece, "bold", None) and words.strip():
            lead, tail = words[: len(words) - len(words.lstrip())], words[len(words.rstrip()) :]
            yield f"{lead}**{words.strip()}**{tail}"
        else:
            yield words


def _table(table: Any) -> Iterator[str]:
    """Write a table's rows; a cell that spans several is written once."""
    for index, row in enumerate(table.rows):
        cells: list[str] = []
        seen: set[int] = set()
        for cell in row.cells:
            is_again = id(cell._tc) in seen
            seen.add(id(cell._tc))
            cells.append("" if is_again else _cell(cell))
        yield f"| {' | '.join(cells)} |"
        if index == 0:
            yield "|" + " --- |" * len(cells)


def _cell(cell: Any) -> str:
    return SPACES.sub(" ", " ".join(cell.text.split())).replace("|", "\\|")
