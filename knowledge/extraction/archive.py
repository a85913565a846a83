"""Zip archives: what is in them, and one file of them unpacked, within bounds on number and size."""

import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from knowledge.extraction.refusals import CannotReadError

MAX_BYTES = 100_000_000
MAX_ENTRIES = 10_000
MAX_UNPACKED = 500_000_000
MAX_ENTRY = 60_000_000
# Text packs to a tenth; what packs to a thousandth is made to burst.
MAX_RATIO, RATIO_COUNTS_ABOVE = 200, 1_000_000
CHUNK = 1_000_000
ENCRYPTED = 0x1
# The others unpack a whole piece at once, whatever it grows to.
BOUNDED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# The last record of an archive (PKWARE APPNOTE 4.3.16): its mark, and where the number of entries stands in it.
END_MARK, END_BYTES = b"PK\x05\x06", 22
BROKEN = (zipfile.BadZipFile, NotImplementedError, EOFError, UnicodeError)

# The archive that was read last stays open: its entries come one after another.
_open: dict[str, zipfile.ZipFile] = {}


def entries(path: str, suffixes: frozenset[str]) -> Iterator[dict[str, Any]]:
    """Give for each entry of a kind that is read its place and name, and the reason where it is refused.

    Raises:
        CannotReadError: no archive, broken, or larger than it may be.
    """
    file = Path(path)
    if file.stat().st_size > MAX_BYTES:
        raise CannotReadError(f"The archive is larger than {MAX_BYTES // 1_000_000} MB. Cut it in parts.")
    if _said_entries(file) > MAX_ENTRIES:
        raise _too_many()
    try:
        yield from _entries(_archive(path), suffixes)
    except BROKEN as exc:
        raise CannotReadError(f"The archive is broken: {exc}") from exc


def unpack(path: str, entry: int, target: str) -> None:
    """Write an entry out, and count: what the archive says about its size may be a lie.

    Raises:
        CannotReadError: it is damaged, or larger than it may be.
    """
    written = 0
    try:
        archive = _archive(path)
        with archive.open(archive.infolist()[entry]) as packed, Path(target).open("wb") as file:
            while chunk := packed.read(CHUNK):
                written += len(chunk)
                if written > MAX_ENTRY:
                    raise CannotReadError(f"It cannot be unpacked: larger than {MAX_ENTRY // 1_000_000} MB")
                file.write(chunk)
    except (*BROKEN, RuntimeError, OSError, ValueError, IndexError, zlib.error) as exc:
        raise CannotReadError(f"It cannot be unpacked: {exc}") from exc


def _archive(path: str) -> zipfile.ZipFile:
    if path not in _open:
        for old in _open.values():
            old.close()
        _open.clear()
        _open[path] = zipfile.ZipFile(path)
    return _open[path]


def _too_many() -> CannotReadError:
    return CannotReadError(f"The archive holds more than {MAX_ENTRIES:,} files. Cut it in parts.")


def _said_entries(file: Path) -> int:
    """Read how many entries an archive says it has, before a list of millions is made of them; 0 when it does not say."""
    with file.open("rb") as packed:
        packed.seek(max(0, file.stat().st_size - END_BYTES - 65_535))
        end = packed.read()
    place = end.rfind(END_MARK)
    return int.from_bytes(end[place + 10 : place + 12], "little") if place >= 0 else 0


def _entries(archive: zipfile.ZipFile, suffixes: frozenset[str]) -> Iterator[dict[str, Any]]:
    """List what is to be read, and what is refused by its name or its size."""
    infos = [(place, info) for place, info in enumerate(archive.infolist()) if not info.is_dir()]
    if len(infos) > MAX_ENTRIES:
        raise _too_many()
    if sum(info.file_size for _place, info in infos) > MAX_UNPACKED:
        raise CannotReadError(f"The archive unpacks to more than {MAX_UNPACKED // 1_000_000} MB.")
    is_empty = True
    for place, info in infos:
        path = PurePosixPath(info.filename.replace("\\", "/"))
        if path.suffix.lower() not in suffixes or any(_is_hidden(part) for part in path.parts):
            continue
        is_empty = False
        yield {"entry": place, "name": info.filename, "refusal": _refusal(info, path)}
    if is_empty:
        raise CannotReadError(f"The archive holds no file that can be read: {', '.join(sorted(suffixes))}.")


def _is_hidden(part: str) -> bool:
    return part == "__MACOSX" or (part.startswith(".") and part not in {".", ".."})


def _refusal(info: zipfile.ZipInfo, path: PurePosixPath) -> str:
    """Say why an entry is not read; empty when it is."""
    if ".." in path.parts or path.is_absolute() or ":" in path.parts[0]:
        return "Its path leaves the archive's folder."
    if stat.S_ISLNK(info.external_attr >> 16):
        return "It is a link to another file."
    if info.compress_type not in BOUNDED:
        return "It is packed in a way that is not read; make the archive with the usual one (deflate)."
    if info.flag_bits & ENCRYPTED:
        return "It is protected by a password."
    if info.file_size > MAX_ENTRY:
        return f"It is larger than {MAX_ENTRY // 1_000_000} MB."
    if info.file_size > RATIO_COUNTS_ABOVE and info.file_size > MAX_RATIO * max(info.compress_size, 1):
        return "It unpacks to far more than a document should."
    if path.suffix.lower() == ".zip":
        return "It is an archive inside an archive. Add it on its own."
    return ""
