"""Zip archives: each file in them is read as if it lay in a folder, within bounds on number and size."""

import stat
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from knowledge.documents import ImportFailure, Read
from knowledge.errors import UnreadableDocumentError

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

ReadFile = Callable[[Path, str], Iterator[Read]]


def read_archive(file: Path, suffixes: frozenset[str], read_file: ReadFile) -> Iterator[Read]:
    """Unpack and read one entry after the other; `read_file(path, name)` reads a file under its path in the archive.

    Raises:
        UnreadableDocumentError: no archive, broken, or larger than it may be.
    """
    if file.stat().st_size > MAX_BYTES:
        raise UnreadableDocumentError(f"The archive is larger than {MAX_BYTES // 1_000_000} MB. Cut it in parts.")
    if _said_entries(file) > MAX_ENTRIES:
        raise _too_many()
    try:
        with zipfile.ZipFile(file) as archive:
            entries = _entries(archive, suffixes)
            yield from (entry for entry in entries if isinstance(entry, ImportFailure))
            with tempfile.TemporaryDirectory(prefix="supportai-zip-") as folder:
                for entry in entries:
                    if isinstance(entry, zipfile.ZipInfo):
                        yield from _read_entry(archive, entry, Path(folder), read_file)
    except (zipfile.BadZipFile, NotImplementedError, EOFError) as exc:
        raise UnreadableDocumentError(f"The archive is broken: {exc}") from exc


def _too_many() -> UnreadableDocumentError:
    return UnreadableDocumentError(f"The archive holds more than {MAX_ENTRIES:,} files. Cut it in parts.")


def _said_entries(file: Path) -> int:
    """Read how many entries an archive says it has, before a list of millions is made of them; 0 when it does not say."""
    with file.open("rb") as packed:
        packed.seek(max(0, file.stat().st_size - END_BYTES - 65_535))
        end = packed.read()
    place = end.rfind(END_MARK)
    return int.from_bytes(end[place + 10 : place + 12], "little") if place >= 0 else 0


def _entries(archive: zipfile.ZipFile, suffixes: frozenset[str]) -> list[zipfile.ZipInfo | ImportFailure]:
    """List what is to be read, and what is refused by its name or its size."""
    infos = [info for info in archive.infolist() if not info.is_dir()]
    if len(infos) > MAX_ENTRIES:
        raise _too_many()
    if sum(info.file_size for info in infos) > MAX_UNPACKED:
        raise UnreadableDocumentError(f"The archive unpacks to more than {MAX_UNPACKED // 1_000_000} MB.")
    found: list[zipfile.ZipInfo | ImportFailure] = []
    for info in infos:
        path = PurePosixPath(info.filename.replace("\\", "/"))
        if path.suffix.lower() not in suffixes or any(_is_hidden(part) for part in path.parts):
            continue
        reason = _refusal(info, path)
        found.append(ImportFailure(info.filename, reason) if reason else info)
    if not found:
        raise UnreadableDocumentError(f"The archive holds no file that can be read: {', '.join(sorted(suffixes))}.")
    return found


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


def _read_entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo, folder: Path, read_file: ReadFile) -> Iterator[Read]:
    """Unpack an entry under a name of ours, read it, and remove it."""
    name = info.filename.replace("\\", "/").removeprefix("./")
    target = folder / f"entry{PurePosixPath(name).suffix.lower()}"
    try:
        _unpack(archive, info, target)
        yield from read_file(target, name)
    except (
        zipfile.BadZipFile,
        UnreadableDocumentError,
        RuntimeError,
        OSError,
        EOFError,
        ValueError,
        zlib.error,
    ) as exc:
        yield ImportFailure(name, f"It cannot be unpacked: {exc}")
    finally:
        target.unlink(missing_ok=True)


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path) -> None:
    """Write the entry out, and count: what the archive says about its size may be a lie."""
    written = 0
    with archive.open(info) as packed, target.open("wb") as file:
        while chunk := packed.read(CHUNK):
            written += len(chunk)
            if written > MAX_ENTRY:
                raise UnreadableDocumentError(f"larger than {MAX_ENTRY // 1_000_000} MB")
            file.write(chunk)
