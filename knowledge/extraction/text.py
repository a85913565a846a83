"""Text files as documents: Markdown, plain text and HTML."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knowledge.encodings import STATED_CHARSET, is_text_encoding
from knowledge.extraction.refusals import CannotReadError, refuse_too_long
from knowledge.html_text import html_to_markdown
from knowledge.mdx import plain_markdown

MAX_BYTES = 10_000_000
# Of less than this no encoding can be guessed.
ENOUGH_TO_GUESS = 64
FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n---[ \t]*\n", re.DOTALL)
FIRST_HEADING = re.compile(r"\A\s*#[ \t]+([^\n]+)(?:\n|\Z)|\A\s*(\S[^\n]*)\n=+[ \t]*(?:\n|\Z)")
MAX_TITLE_LINE = 120
# Encodings that office programs still write; a guess at any other is wrong more often than right.
GUESSED = frozenset(
    {"cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "latin_1", "iso8859_15", "cp932", "gb18030", "big5"}
)


@dataclass(frozen=True, slots=True)
class Text:
    """A file's text, and a note where its encoding was guessed."""

    text: str
    note: str = ""


def read_text(file: Path, *, is_html: bool = False) -> Text:
    """Read a text file: UTF-8, UTF-16 with its mark, what an HTML page states, else a guess, which the note names.

    Raises:
        CannotReadError: too large, empty, binary, or in an encoding that cannot be told.
    """
    if file.stat().st_size > MAX_BYTES:
        raise CannotReadError(f"The file is larger than {MAX_BYTES // 1_000_000} MB.")
    text, note = _decode(file.read_bytes(), is_html=is_html)
    if "\0" in text:
        raise CannotReadError("The file is not text: it holds binary data.")
    if not text.strip():
        raise CannotReadError("The file holds no text.")
    return Text(text.replace("\r\n", "\n"), note)


def _decode(data: bytes, *, is_html: bool) -> tuple[str, str]:
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return data.decode(encoding), ""
    except UnicodeDecodeError as exc:
        stated = STATED_CHARSET.search(data[:4096]) if is_html else None
        found = _as_stated(data, stated.group(1).decode()) if stated else None
        found = found or _guessed(data)
        if found:
            return found
        raise CannotReadError(
            f"The file is not {encoding.upper()[:6].rstrip('-')} text (byte {exc.start}), "
            "and what else it is cannot be told. Save it as UTF-8."
        ) from exc


def _as_stated(data: bytes, encoding: str) -> tuple[str, str] | None:
    try:
        return (data.decode(encoding), "") if is_text_encoding(encoding) else None
    except (LookupError, ValueError):
        return None


def _guessed(data: bytes) -> tuple[str, str] | None:
    """Guess the encoding of a text long enough; None when nothing fits well."""
    from charset_normalizer import from_bytes

    if len(data) < ENOUGH_TO_GUESS or b"\0" in data:
        return None
    best = from_bytes(data, cp_isolation=sorted(GUESSED)).best()
    if best is None or best.chaos > 0.05:  # noqa: PLR2004 - above it lies mojibake
        return None
    name = best.encoding.replace("_", "-")
    note = f"The file is not UTF-8. It was read as {name}, which is a guess: check its accents, or save it as UTF-8."
    return str(best), note


def read(path: str, kind: str) -> dict[str, Any]:
    """Give the title (empty when the text has none), the Markdown body, a note, and the fields of its front matter.

    `kind` is `markdown`, `html` or `text`.

    Raises:
        CannotReadError: see `read_text`; or it has a title and nothing else, or too much.
    """
    found = read_text(Path(path), is_html=kind == "html")
    text = found.text
    fields: dict[str, str] = {}
    if kind == "html":
        title, body = html_to_markdown(text)
        body = _without_heading(body, title)
    elif kind == "markdown":
        fields, text = _front_matter(text)
        text = plain_markdown(text)
        heading = FIRST_HEADING.match(text)
        title = fields.get("title") or (heading and _heading_words(heading)) or ""
        body = text[heading.end() :] if heading else text
    else:
        first, _, rest = text.strip().partition("\n")
        is_title = rest.startswith("\n") and len(first) <= MAX_TITLE_LINE and not first.endswith((".", ":", ","))
        title, body = (first, rest) if is_title else ("", text)
    if not body.strip():
        raise CannotReadError("The document has a title but no text.")
    refuse_too_long(body)
    return {"title": title, "body": body.strip(), "note": found.note, "fields": fields}


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
