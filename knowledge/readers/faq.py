"""CSV files of questions and answers, whose rows the child process reads."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.utils.text import slugify

from knowledge.documents import ImportedDocument, ImportFailure, Read
from knowledge.readers.apart import ask


def read_faq(file: Path, name: str) -> Iterator[Read]:
    """Read each row; a bad one is named and does not stop the rest.

    Raises:
        UnreadableDocumentError: no text, or no columns of questions and answers.
    """
    seen: dict[str, int] = {}
    for row in ask("table", file):
        place = f"{name}, line {row['line']}" if row.get("line") else name
        if "failure" in row:
            yield ImportFailure(place, row["failure"], is_part=True)
        else:
            yield _document(row, name, place, seen)


def _document(row: dict[str, Any], name: str, place: str, seen: dict[str, int]) -> Read:
    values: dict[str, str] = row["values"]
    missing = [kind for kind in ("question", "answer") if not values[kind]]
    if missing:
        return ImportFailure(place, f"The {' and the '.join(missing)} is empty.", is_part=True)
    key = values.get("id") or slugify(values["question"])[:200] or values["question"][:200]
    if key in seen:
        what = "id" if values.get("id") else "question"
        return ImportFailure(place, f"Line {seen[key]} has the same {what}.", is_part=True)
    seen[key] = row["line"]
    return ImportedDocument(
        external_id=f"{name}#{key}",
        title=" ".join(values["question"].split()),
        body=values["answer"],
        slug=slugify(values.get("slug", "")),
        language=values.get("language", ""),
        product=values.get("product", ""),
        note=row["note"],
    )
