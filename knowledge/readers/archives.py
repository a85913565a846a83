"""Zip archives: each file in them is read as if it lay in a folder; the child process unpacks them."""

from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from knowledge.documents import ImportFailure, Read
from knowledge.errors import UnreadableDocumentError
from knowledge.extraction.archive import MAX_BYTES
from knowledge.readers.apart import ask, one_child, own_folder

__all__ = ["MAX_BYTES", "read_archive"]

ReadFile = Callable[[Path, str], Iterator[Read]]


def read_archive(file: Path, suffixes: frozenset[str], read_file: ReadFile) -> Iterator[Read]:
    """Unpack and read one entry after the other; `read_file(path, name)` reads a file under its path in the archive.

    Raises:
        UnreadableDocumentError: no archive, broken, or larger than it may be.
    """
    with one_child():
        entries = list(ask("archive", file, suffixes=sorted(suffixes)))
        yield from (ImportFailure(entry["name"], entry["refusal"]) for entry in entries if entry["refusal"])
        for entry in entries:
            if not entry["refusal"]:
                yield from _read_entry(file, entry["entry"], entry["name"], read_file)


def _read_entry(file: Path, entry: int, filename: str, read_file: ReadFile) -> Iterator[Read]:
    """Unpack an entry under a name of ours, read it, and remove it."""
    name = filename.replace("\\", "/").removeprefix("./")
    target = own_folder() / f"entry{PurePosixPath(name).suffix.lower()}"
    try:
        list(ask("entry", file, entry=entry, target=str(target)))
        yield from read_file(target, name)
    except UnreadableDocumentError as exc:
        yield ImportFailure(name, exc.message)
    finally:
        target.unlink(missing_ok=True)
