"""JSON lines as documents: one object a line with id, title and text."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from django.utils.text import slugify

from knowledge.documents import ImportedDocument, ImportFailure, Read

MAX_LINE_BYTES = 8_000_000


def read_json_lines(file: Path, name: str) -> Iterator[Read]:
    """Read each line; a bad one is named and does not stop the rest."""
    seen: set[str] = set()
    number = 0
    with file.open("rb") as lines:
        while raw := lines.readline(MAX_LINE_BYTES + 1):
            number += 1
            place = f"{name}, line {number}"
            if len(raw) > MAX_LINE_BYTES:
                yield ImportFailure(place, f"The line is longer than {MAX_LINE_BYTES // 1_000_000} MB.", is_part=True)
                _skip_line(lines, raw)
                continue
            if not raw.strip(b"\xef\xbb\xbf \t\r\n"):
                continue
            document = _read_line(raw, place)
            if isinstance(document, ImportedDocument):
                if document.external_id in seen:
                    yield ImportFailure(place, f"The id {document.external_id} was used before.", is_part=True)
                    continue
                seen.add(document.external_id)
            yield document
    if not number:
        yield ImportFailure(name, "The file holds no text.")


def _skip_line(lines: IO[bytes], raw: bytes) -> None:
    """Read on to the end of a line that is too long."""
    while raw and not raw.endswith(b"\n"):
        raw = lines.readline(MAX_LINE_BYTES)


def _read_line(raw: bytes, place: str) -> Read:
    try:
        row = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as exc:
        return ImportFailure(
            place, f"The line is not UTF-8 text (byte {exc.start}). Save the file as UTF-8.", is_part=True
        )
    except json.JSONDecodeError as exc:
        return ImportFailure(place, f"The line is not valid JSON (column {exc.colno}).", is_part=True)
    except (ValueError, RecursionError):
        return ImportFailure(place, "The line is not valid JSON.", is_part=True)
    if not isinstance(row, dict):
        return ImportFailure(place, "Not a JSON object with id, title and text.", is_part=True)
    missing = [key for key in ("id", "text") if not str(row.get(key) or "").strip()]
    if missing:
        verb = "are" if len(missing) > 1 else "is"
        return ImportFailure(place, f"{' and '.join(missing)} {verb} missing; a line needs id and text.", is_part=True)
    text = str(row["text"])
    return ImportedDocument(
        external_id=str(row["id"]),
        title=str(row.get("title") or "").strip() or first_words(text),
        body=text,
        slug=slugify(str(row.get("slug") or "")),
        language=str(row.get("language") or ""),
        product=str(row.get("product") or row.get("section") or ""),
    )


def first_words(text: str, most: int = 80) -> str:
    """Make a title of a text that has none: its first words."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[:most].rsplit(" ", 1)[0] + " …"
