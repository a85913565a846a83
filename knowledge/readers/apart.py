"""Files of other people are read by a child process, which is ended when one takes too long or too much memory.

One child reads file after file. When it breaks, the file that it was reading is named, and the next one gets a new child.
"""

import json
import logging
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import IO, Any

from knowledge.documents import ImportedDocument
from knowledge.errors import UnreadableDocumentError

PDF, WORD = ".pdf", ".docx"
MAX_BYTES = 50_000_000
SECONDS = 120.0
# An answer is a line; no text that we take makes a longer one.
MAX_LINE = 80_000_000
LINES_AHEAD = 64
PROJECT = Path(__file__).resolve().parents[2]
# A file that turns out to run code is not handed the database's password.
KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")
NAMES = {"pdf": "the PDF", "docx": "the Word file", "archive": "the archive"}

Found = dict[str, Any]
logger = logging.getLogger(__name__)


class _Child:
    """The process that reads, started when it is first needed and again after it broke or was worn."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="supportai-reading-")
        self._process: subprocess.Popen[bytes] | None = None
        self._lines: queue.Queue[bytes] = queue.Queue(LINES_AHEAD)
        self._is_over = threading.Event()
        self.is_busy = False

    def ask(self, request: Found) -> Iterator[Found]:
        """Give what is found in one file, as it is found.

        Raises:
            UnreadableDocumentError: it cannot be read, in words for whoever gave it.
        """
        what = NAMES.get(request["kind"], "the file")
        done: Found | None = None
        self.is_busy = True
        try:
            self._send(request)
            left = SECONDS
            while done is None:
                began = time.monotonic()
                found = self._next(left, what)
                left -= time.monotonic() - began
                if "done" in found:
                    done = found
                elif _is_usual(request["kind"], found):
                    yield found
                else:
                    raise UnreadableDocumentError(f"Reading {what} gave an odd answer. It is broken.")
        finally:
            self.is_busy = False
            # Who stops listening in the middle leaves answers behind that belong to no other file.
            if done is None or done.get("worn"):
                self.end()
        if "unexpected" in done:
            logger.error("Reading %s failed: %s", request["path"], done["unexpected"])
        if "error" in done:
            raise UnreadableDocumentError(str(done["error"]))

    def end(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is None:
            return
        self._is_over.set()
        process.kill()
        process.wait()
        assert process.stdin is not None
        with suppress(OSError):
            process.stdin.close()

    def close(self) -> None:
        """End the process, and remove its folder."""
        self.end()
        self.folder.cleanup()

    def _send(self, request: Found) -> None:
        process = self._process if self._process and self._process.poll() is None else self._start()
        assert process.stdin is not None
        # If it broke since, the answer that does not come says so.
        with suppress(OSError):
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()

    def _start(self) -> "subprocess.Popen[bytes]":
        self.end()
        environment = {name: value for name, value in os.environ.items() if name in KEPT}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "knowledge.extraction"],
            env=environment,
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._lines, self._is_over = queue.Queue(LINES_AHEAD), threading.Event()
        listening = (self._process.stdout, self._lines, self._is_over)
        threading.Thread(target=_listen, args=listening, daemon=True).start()
        return self._process

    def _next(self, seconds: float, what: str) -> Found:
        try:
            line = self._lines.get(timeout=max(seconds, 0.0))
        except queue.Empty as exc:
            raise UnreadableDocumentError(f"Reading {what} took longer than {SECONDS:g} s. Cut it in parts.") from exc
        try:
            found = json.loads(line)
        except ValueError as exc:
            raise UnreadableDocumentError(
                f"Reading {what} took more time or memory than a document should. It is broken, or cut it in parts."
            ) from exc
        if not isinstance(found, dict):
            raise UnreadableDocumentError(f"Reading {what} gave no text. It is broken.")
        return found


def _is_usual(kind: str, found: Found) -> bool:
    """Tell whether an answer has the form that those who asked for this kind rely on: a broken child may say anything."""
    if kind == "table":
        values = found.get("values")
        is_row = isinstance(values, dict) and {"question", "answer"} <= values.keys() and _are_texts(values, *values)
        return _are_texts(found, "failure") or (
            is_row and isinstance(found.get("line"), int) and _are_texts(found, "note")
        )
    if kind == "archive":
        return isinstance(found.get("entry"), int) and _are_texts(found, "name", "refusal")
    is_text = _are_texts(found, "title", "body", "note")
    return is_text and (kind in {"pdf", "docx"} or isinstance(found.get("fields"), dict))


def _are_texts(found: Found, *names: str) -> bool:
    return all(isinstance(found.get(name), str) for name in names)


def _listen(out: IO[bytes], lines: "queue.Queue[bytes]", is_over: threading.Event) -> None:
    """Hand on what the child writes, line by line, until nobody asks any more; an empty line is its end."""
    with out:
        while line := out.readline(MAX_LINE):
            if not _handed_on(line, lines, is_over):
                return
    _handed_on(b"", lines, is_over)


def _handed_on(line: bytes, lines: "queue.Queue[bytes]", is_over: threading.Event) -> bool:
    while not is_over.is_set():
        with suppress(queue.Full):
            lines.put(line, timeout=0.2)
            return True
    return False


_current: ContextVar[_Child | None] = ContextVar("current", default=None)


@contextmanager
def one_child() -> Iterator[None]:
    """Read all files inside with one child; a call inside another shares its child."""
    if _current.get() is not None:
        yield
        return
    child = _Child()
    token = _current.set(child)
    try:
        yield
    finally:
        _reset(token, child)


def _reset(token: Any, child: _Child) -> None:
    try:
        _current.reset(token)
    except ValueError:
        # A reader that was left half-way is closed wherever Python tidies up.
        if _current.get() is child:
            _current.set(None)
    child.close()


def own_folder() -> Path:
    """Give the folder of the child that reads now."""
    child = _current.get()
    assert child is not None
    return Path(child.folder.name)


def ask(kind: str, file: Path, **more: Any) -> Iterator[Found]:
    """Give what the child finds in a file; `kind` names how it is read (see `knowledge.extraction`).

    Raises:
        UnreadableDocumentError: broken, protected, without text, or too costly to read.
    """
    request = {"kind": kind, "path": str(file.resolve()), **more}
    child = _current.get()
    if child is not None and not child.is_busy:
        yield from child.ask(request)
        return
    child = _Child()
    try:
        yield from child.ask(request)
    finally:
        child.close()


def ask_one(kind: str, file: Path) -> Found:
    """Give the one thing that the child finds in a file; raises as `ask` does."""
    found = list(ask(kind, file))
    if not found:
        raise UnreadableDocumentError(f"Reading {NAMES.get(kind, 'the file')} gave no text. It is broken.")
    return found[0]


def read_apart(file: Path, name: str) -> ImportedDocument:
    """Read a PDF or Word file as one document whose id is `name`.

    Raises:
        UnreadableDocumentError: too large, broken, protected, without text, or too costly to read.
    """
    kind = file.suffix.lower()[1:]
    size = file.stat().st_size
    if size > MAX_BYTES:
        what = NAMES[kind]
        raise UnreadableDocumentError(
            f"{what[0].upper()}{what[1:]} is larger than {MAX_BYTES // 1_000_000} MB. Cut it in parts."
        )
    if not size:
        raise UnreadableDocumentError("The file is empty.")
    found = ask_one(kind, file)
    return ImportedDocument(
        external_id=name, title=found["title"] or title_of(name), body=found["body"], note=found["note"]
    )


def title_of(name: str) -> str:
    """Make a title of a file's name."""
    return Path(name).stem.replace("_", " ").replace("-", " ").strip().capitalize() or "Document"
