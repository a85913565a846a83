"""Read documents from files of every kind that we take. Each bad document is named, none stops the rest.

Markdown, plain text, HTML (`text`), JSON lines (`json_lines`), CSV of questions and answers (`faq`), PDF and Word
(`apart`), and zip archives of these (`archives`).
"""

from collections.abc import Iterator
from pathlib import Path

from knowledge.documents import ImportFailure, Read
from knowledge.errors import UnreadableDocumentError
from knowledge.extraction.text import MAX_BYTES as MAX_TEXT_BYTES
from knowledge.readers import apart, archives
from knowledge.readers.apart import one_child, read_apart
from knowledge.readers.archives import read_archive
from knowledge.readers.faq import read_faq
from knowledge.readers.json_lines import first_words, read_json_lines
from knowledge.readers.text import HTML, MARKDOWN, TEXT, read_document

JSON_LINES = frozenset({".jsonl", ".ndjson"})
FAQ = frozenset({".csv", ".tsv"})
APART = frozenset({apart.PDF, apart.WORD})
ARCHIVES = frozenset({".zip"})
SUFFIXES = MARKDOWN | TEXT | HTML | JSON_LINES | FAQ | APART | ARCHIVES
# What people try first, and what to do instead.
ADVICE = {
    ".doc": "Save it as .docx.",
    ".xls": "Save it as CSV.",
    ".xlsx": "Save it as CSV.",
    ".odt": "Save it as .docx or PDF.",
    ".rtf": "Save it as .docx.",
    ".pptx": "Save it as PDF.",
    ".json": "Write one JSON object a line and name it .jsonl.",
    ".ppt": "Save it as PDF.",
    ".odp": "Save it as PDF.",
    ".epub": "Save it as PDF.",
    ".pages": "Save it as .docx or PDF.",
    ".rst": "Save it as Markdown or HTML.",
    ".adoc": "Save it as Markdown or HTML.",
    ".tex": "Save it as PDF or Markdown.",
    ".xml": "Save it as HTML or Markdown.",
}
# In an archive these are named; pictures, styles and the like are passed over, as in a folder.
NAMED_IN_ARCHIVES = SUFFIXES | frozenset(ADVICE)

__all__ = [
    "SUFFIXES",
    "Read",
    "find_files",
    "first_words",
    "holds_many",
    "one_child",
    "read_documents",
    "read_named",
    "refusal_of",
]


def find_files(path: Path) -> list[Path]:
    """Give a file, or the readable files of a folder in the order of their paths; hidden ones are passed over."""
    if path.is_file():
        return [path]
    found = (entry for entry in path.rglob("*") if entry.is_file() and entry.suffix.lower() in SUFFIXES)
    return sorted(entry for entry in found if not any(part.startswith(".") for part in entry.relative_to(path).parts))


def read_documents(file: Path, root: Path) -> Iterator[Read]:
    """Read the documents of a file below `root`; a document's id is its path, or its `id` in JSON lines."""
    name = file.relative_to(root).as_posix() if file.is_relative_to(root) and file != root else file.name
    yield from read_named(file, name)


def read_named(file: Path, name: str) -> Iterator[Read]:
    """Read the documents of a file that is known by another name, such as an upload."""
    unread = _unread_kind(name)
    if unread:
        yield ImportFailure(name, unread)
        return
    try:
        yield from _read(file, name)
    except UnreadableDocumentError as exc:
        yield ImportFailure(name, exc.message)
    except OSError as exc:
        yield ImportFailure(name, str(exc.strerror or exc))


def holds_many(file: Path) -> bool:
    """Tell whether a file of this name holds several documents."""
    return file.suffix.lower() in JSON_LINES | FAQ | ARCHIVES


def largest_bytes(name: str) -> int:
    """Give how large a file of this name may be."""
    suffix = Path(name).suffix.lower()
    if suffix in ARCHIVES | JSON_LINES:
        return archives.MAX_BYTES
    return apart.MAX_BYTES if suffix in APART else MAX_TEXT_BYTES


def refusal_of(name: str, size_bytes: int) -> str:
    """Say why a file of this name and size is not taken, and what to do; empty when it is."""
    unread = _unread_kind(name)
    if unread:
        return f"{name}: {unread}"
    if not size_bytes:
        return f"{name}: the file is empty."
    if size_bytes > largest_bytes(name):
        most = largest_bytes(name) // 1_000_000
        return f"{name}: the file has {size_bytes / 1_000_000:.0f} MB; at most {most} MB can be read. Cut it in parts."
    return ""


def _unread_kind(name: str) -> str:
    """Say that files of this ending are not read, and what to do; empty when they are."""
    suffix = Path(name).suffix.lower()
    if suffix in SUFFIXES:
        return ""
    advice = ADVICE.get(suffix, f"These can be: {', '.join(sorted(SUFFIXES))}.")
    return f"{suffix or 'A file without an ending'} cannot be read. {advice}"


def _read(file: Path, name: str) -> Iterator[Read]:
    suffix = file.suffix.lower()
    if suffix in JSON_LINES:
        yield from read_json_lines(file, name)
    elif suffix in FAQ:
        yield from read_faq(file, name)
    elif suffix in ARCHIVES:
        yield from read_archive(file, NAMED_IN_ARCHIVES, read_named)
    elif suffix in APART:
        yield read_apart(file, name)
    else:
        yield read_document(file, name)
