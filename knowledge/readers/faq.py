"""CSV files of questions and answers, as spreadsheets and help desks write them."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from django.utils.text import slugify

from knowledge.documents import ImportedDocument, ImportFailure, Read
from knowledge.errors import UnreadableDocumentError
from knowledge.html_text import html_to_markdown
from knowledge.readers.text import read_text

DELIMITERS = ",;\t|"
MAX_ROWS = 50_000
MAX_CELL = 1_000_000
# What columns are called, best first; compared in lower case without marks.
NAMES: dict[str, tuple[str, ...]] = {
    "question": (
        "question", "questions", "q", "faq", "frage", "fragen", "pregunta", "preguntas", "domanda", "vraag", "pergunta",
        "question text", "customer question", "prompt", "query", "title", "name", "subject", "headline", "titel", "titre",
        "titulo", "problem", "issue",
    ),
    "answer": (
        "answer", "answers", "a", "antwort", "antworten", "reponse", "respuesta", "respuestas", "risposta", "antwoord",
        "resposta", "answer text", "reply", "response", "solution", "resolution", "text", "body", "content", "description",
        "article", "article body",
    ),
    "id": ("id", "key", "number", "nr", "article id", "external id"),
    "product": ("product", "section", "category", "topic", "kategorie", "categorie", "categoria", "collection"),
    "language": ("language", "lang", "locale", "sprache", "langue", "idioma"),
    "slug": ("slug",),
}  # fmt: skip
ACCENTS = str.maketrans("áàâãäéèêëíìîïóòôõöúùûüçñ", "aaaaaeeeeiiiiooooouuuucn")
TAG = re.compile(r"</?(p|br|div|ul|ol|li|h[1-6]|table|strong|b|a|span)\b[^<>]{0,500}>", re.IGNORECASE)


def read_faq(file: Path, name: str) -> Iterator[Read]:
    """Read each row; a bad one is named and does not stop the rest.

    Raises:
        UnreadableDocumentError: no text, or no columns of questions and answers.
    """
    read = read_text(file)
    csv.field_size_limit(MAX_CELL)
    rows = csv.reader(io.StringIO(read.text, newline=""), _dialect(read.text))
    header = next((row for row in rows if any(cell.strip() for cell in row)), [])
    columns = _columns(header)
    seen: dict[str, int] = {}
    try:
        for number, row in enumerate(rows, start=1):
            if number > MAX_ROWS:
                yield ImportFailure(
                    name, f"Only the first {MAX_ROWS:,} rows were read; cut the file in two.", is_part=True
                )
                return
            if any(cell.strip() for cell in row):
                yield _document(row, columns, name, rows.line_num, seen, read.note)
    except csv.Error as exc:
        place = f"{name}, line {rows.line_num}"
        yield ImportFailure(place, f"From here on the file cannot be read as CSV: {exc}.", is_part=True)


def _dialect(text: str) -> type[csv.Dialect]:
    """Find out what parts the columns: what the first line holds most of, outside quotation marks."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    unquoted = re.sub(r'"[^"]*"', "", line)
    best = max(DELIMITERS, key=unquoted.count)

    class Found(csv.excel):
        delimiter = best if unquoted.count(best) else ","
        skipinitialspace = True

    return Found


def _columns(header: list[str]) -> dict[str, int]:
    """Find the columns by their names.

    Raises:
        UnreadableDocumentError: there is none for questions, or none for answers.
    """
    found = [_plain(cell) for cell in header]
    columns: dict[str, int] = {}
    for wanted, names in NAMES.items():
        place = next((found.index(name) for name in names if name in found), None)
        if place is not None and place not in columns.values():
            columns[wanted] = place
    if "question" in columns and "answer" in columns:
        return columns
    named = ", ".join(cell.strip()[:40] for cell in header[:8] if cell.strip())
    missing = " and ".join(f"{kind}s" for kind in ("question", "answer") if kind not in columns)
    raise UnreadableDocumentError(
        f"The file has no column of {missing}. Its first row must name the columns, such as question and answer; "
        f"it says: {named}."
    )


def _plain(cell: str) -> str:
    return re.sub(r"[\s_\-:?*.]+", " ", cell.strip().lower().translate(ACCENTS)).strip()


def _document(row: list[str], columns: dict[str, int], name: str, line: int, seen: dict[str, int], note: str) -> Read:
    values = {kind: row[place].strip() if place < len(row) else "" for kind, place in columns.items()}
    place = f"{name}, line {line}"
    missing = [kind for kind in ("question", "answer") if not values[kind]]
    if missing:
        return ImportFailure(place, f"The {' and the '.join(missing)} is empty.", is_part=True)
    key = values.get("id") or slugify(values["question"])[:200] or values["question"][:200]
    if key in seen:
        what = "id" if values.get("id") else "question"
        return ImportFailure(place, f"Line {seen[key]} has the same {what}.", is_part=True)
    seen[key] = line
    answer = values["answer"]
    return ImportedDocument(
        external_id=f"{name}#{key}",
        title=" ".join(values["question"].split()),
        body=html_to_markdown(answer)[1] if TAG.search(answer) else answer,
        slug=slugify(values.get("slug", "")),
        language=values.get("language", ""),
        product=values.get("product", ""),
        note=note,
    )
