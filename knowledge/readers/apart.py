"""PDF and Word files, read by a child process that is ended when it takes too long or too much memory."""

import json
import os
import subprocess
import sys
from pathlib import Path

from knowledge.documents import ImportedDocument
from knowledge.errors import UnreadableDocumentError
from knowledge.readers.text import title_of

PDF, WORD = ".pdf", ".docx"
MAX_BYTES = 50_000_000
SECONDS = 120
PROJECT = Path(__file__).resolve().parents[2]
# A file that turns out to run code is not handed the database's password.
KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")
NAMES = {PDF: "PDF", WORD: "Word file"}


def read_apart(file: Path, name: str) -> ImportedDocument:
    """Read a PDF or Word file as one document whose id is `name`.

    Raises:
        UnreadableDocumentError: too large, broken, protected, without text, or too costly to read.
    """
    suffix = file.suffix.lower()
    if file.stat().st_size > MAX_BYTES:
        raise UnreadableDocumentError(
            f"The {NAMES[suffix]} is larger than {MAX_BYTES // 1_000_000} MB. Cut it in parts."
        )
    if not file.stat().st_size:
        raise UnreadableDocumentError("The file is empty.")
    found = _extract(suffix, file)
    if "error" in found:
        raise UnreadableDocumentError(found["error"])
    return ImportedDocument(
        external_id=name, title=found["title"] or title_of(name), body=found["body"], note=found["note"]
    )


def _extract(suffix: str, file: Path) -> dict[str, str]:
    command = [sys.executable, "-m", "knowledge.extraction", suffix[1:], str(file.resolve())]
    environment = {name: value for name, value in os.environ.items() if name in KEPT}
    try:
        done = subprocess.run(  # noqa: S603 - our own module; the path is an argument, not a part of a shell's line
            command, env=environment, cwd=PROJECT, capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired as exc:
        raise UnreadableDocumentError(
            f"Reading the {NAMES[suffix]} took longer than {SECONDS} s. Cut it in parts."
        ) from exc
    try:
        found = json.loads(done.stdout)
    except ValueError as exc:
        raise UnreadableDocumentError(
            f"Reading the {NAMES[suffix]} took more time or memory than a document should. It is broken, or cut it in parts."
        ) from exc
    return {str(key): str(value) for key, value in found.items()}
