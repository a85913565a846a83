"""Read documents from files: Markdown, text, HTML and JSON lines. Each bad document is named, none stops the rest."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from django.utils.text import slugify

from knowledge.errors import UnreadableDocumentError
from knowledge.html_text import html_to_markdown
from knowledge.services.ingestion import ImportedDocument, ImportFailure

MARKDOWN = frozenset({".md", ".markdown", ".mdx"})
TEXT = frozenset({".txt", ".text"})
HTML = frozenset({".html", ".htm", ".xhtml"})
JSON_LINES = frozenset({".jsonl", ".ndjson"})
SUFFIXES = MARKDOWN | TEXT | HTML | JSON_LINES
MAX_BYTES = 10_000_000
MAX_LINE = 2_000_000
FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n---[ \t]*\n", re.DOTALL)
FIRST_HEADING = re.compile(r"\A\s*#[ \t]+([^\n]+)(?:\n|\Z)|\A\s*(\S[^\n]*)\n=+[ \t]*(?:\n|\Z)")

Read = ImportedDocument | ImportFailure


def find_files(path: Path) -> list[Path]:
    """Give a file, or the readable files of a folder in the order of their paths; hidden ones are passed over."""
    if path.is_file():
        return [path]
    found = (entry for entry in path.rglob("*") if entry.is_file() and entry.suffix.lower() in SUFFIXES)
    return sorted(entry for entry in found if not any(part.startswith(".") for part in entry.relative_to(path).parts))


def read_documents(file: Path, root: Path) -> Iterator[Read]:
    """Read the documents of a file; a document's id is its path below `root`, or its `id` in JSON lines."""
    name = file.relative_to(root).as_posix() if file.is_relative_to(root) and file != root else file.name
    suffix = file.suffix.lower()
    try:
        if suffix in JSON_LINES:
            yield from _json_lines(file)
            return
        text = read_text(file)
        yield _document(name, suffix, text)
    except (UnreadableDocumentError, OSError) as exc:
        yield ImportFailure(name, exc.message if isinstance(exc, UnreadableDocumentError) else str(exc.strerror or exc))


def read_text(file: Path) -> str:
    """Read a text file as UTF-8, or UTF-16 when it says so.

    Raises:
        UnreadableDocumentError: too large, empty, binary, or in another encoding.
    """
    if file.stat().st_size > MAX_BYTES:
        raise UnreadableDocumentError(f"The file is larger than {MAX_BYTES // 1_000_000} MB.")
    data = file.read_bytes()
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as exc:
        raise UnreadableDocumentError(
            f"The file is not {encoding.upper()[:6].rstrip('-')} text (byte {exc.start})."
        ) from exc
    if "\0" in text:
        raise UnreadableDocumentError("The file is not text: it holds binary data.")
    if not text.strip():
        raise UnreadableDocumentError("The file holds no text.")
    return text.replace("\r\n", "\n")


def _document(name: str, suffix: str, text: str) -> ImportedDocument:
    fallback = Path(name).stem.replace("_", " ").replace("-", " ").strip().capitalize()
    fields: dict[str, str] = {}
    if suffix in HTML:
        title, body = html_to_markdown(text)
        title, body = title or fallback, _without_heading(body, title)
    elif suffix in MARKDOWN:
        fields, text = _front_matter(text)
        heading = FIRST_HEADING.match(text)
        title = fields.get("title") or (heading and _heading_words(heading)) or fallback
        body = text[heading.end() :] if heading else text
    else:
        first, _, rest = text.strip().partition("\n")
        is_title = rest.startswith("\n") and len(first) <= 120 and not first.endswith((".", ":", ","))  # noqa: PLR2004
        title, body = (first, rest) if is_title else (fallback, text)
    if not body.strip():
        raise UnreadableDocumentError("The document has a title but no text.")
    return ImportedDocument(
        external_id=name,
        title=title,
        body=body.strip(),
        slug=slugify(fields.get("slug", "")),
        language=fields.get("language") or fields.get("lang") or "en",
        product=fields.get("product") or fields.get("section") or fields.get("category") or "",
    )


def _heading_words(heading: re.Match[str]) -> str:
    return (heading.group(1) or "").rstrip(" \t#") or heading.group(2) or ""


def _without_heading(body: str, title: str) -> str:
    heading = FIRST_HEADING.match(body)
    return body[heading.end() :] if heading and _heading_words(heading) == title else body


def _front_matter(text: str) -> tuple[dict[str, str], str]:
    """Split off `key: value` lines between two `---` lines; nested values are passed over."""
    match = FRONT_MATTER.match(text)
    if match is None:
        return {}, text
    fields = {}
    for line in match.group(1).splitlines():
        key, colon, value = line.partition(":")
        if colon and key.strip() and not line.startswith((" ", "\t", "-")):
            fields[key.strip().lower()] = value.strip().strip("\"'")
    return fields, text[match.end() :]


def _json_lines(file: Path) -> Iterator[Read]:
    seen: set[str] = set()
    with file.open(encoding="utf-8-sig", errors="replace", newline="\n") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            document = _json_document(line, f"{file.name}, line {number}")
            if isinstance(document, ImportedDocument):
                if document.external_id in seen:
                    yield ImportFailure(
                        f"{file.name}, line {number}", f"The id {document.external_id} was used before."
                    )
                    continue
                seen.add(document.external_id)
            yield document


def _json_document(line: str, place: str) -> Read:
    if len(line) > MAX_LINE:
        return ImportFailure(place, f"The line is longer than {MAX_LINE:,} characters.")
    try:
        row = json.loads(line)
    except ValueError as exc:
        return ImportFailure(place, f"Not JSON: {exc}")
    if not isinstance(row, dict):
        return ImportFailure(place, "Not a JSON object with id, title and text.")
    missing = [name for name in ("id", "text") if not str(row.get(name) or "").strip()]
    if missing:
        return ImportFailure(place, f"{' and '.join(missing)} is missing or empty.")
    text = str(row["text"])
    return ImportedDocument(
        external_id=str(row["id"])[:300],
        title=str(row.get("title") or "").strip() or first_words(text),
        body=text,
        slug=slugify(str(row.get("slug") or "")),
        language=str(row.get("language") or "en"),
        product=str(row.get("product") or row.get("section") or ""),
    )


def first_words(text: str, most: int = 80) -> str:
    """Make a title of a text that has none: its first words."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[:most].rsplit(" ", 1)[0] + " …"
