"""CSV files of questions and answers, as spreadsheets and help desks write them."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from knowledge.extraction.refusals import CannotReadError, refuse_too_long
from knowledge.extraction.text import read_text
from knowledge.html_text import html_to_markdown

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


def read(path: str) -> Iterator[dict[str, Any]]:
    """Give each row: its `line`, its `values` by kind of column, and a `note`; or a `failure` in the row's place.

    Raises:
        CannotReadError: no text, or no columns of questions and answers.
    """
    found = read_text(Path(path))
    csv.field_size_limit(MAX_CELL)
    rows = csv.reader(io.StringIO(found.text, newline=""), _dialect(found.text))
    try:
        header = next((row for row in rows if any(cell.strip() for cell in row)), [])
        columns = _columns(header)
        for number, row in enumerate(rows, start=1):
            if number > MAX_ROWS:
                yield {"failure": f"Only the first {MAX_ROWS:,} rows were read; cut the file in two."}
                return
            if any(cell.strip() for cell in row):
                yield {"line": rows.line_num, "note": found.note, **_read_row(row, columns)}
    except csv.Error as exc:
        yield {"line": rows.line_num, "failure": f"From here on the file cannot be read as CSV: {exc}."}


def _read_row(row: list[str], columns: dict[str, int]) -> dict[str, Any]:
    try:
        return {"values": _values(row, columns)}
    except CannotReadError as exc:
        return {"failure": str(exc)}


def _values(row: list[str], columns: dict[str, int]) -> dict[str, str]:
    values = {kind: row[place].strip() if place < len(row) else "" for kind, place in columns.items()}
    if TAG.search(values["answer"]):
        values["answer"] = html_to_markdown(values["answer"])[1]
        refuse_too_long(values["answer"])
    return values


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
        CannotReadError: there is none for questions, or none for answers.
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
    raise CannotReadError(
        f"The file has no column of {missing}. Its first row must name the columns, such as question and answer; "
        f"it says: {named}."
    )


def _plain(cell: str) -> str:
    return re.sub(r"[\s_\-:?*.]+", " ", cell.strip().lower().translate(ACCENTS)).strip()
