"""The child process: reads one file after another for as long as its parent asks.

A request is one JSON object a line on standard input: `kind`, `path`, and for an archive `entry` and `target`. The
answer is one object a line for each thing found, and one with `done` at the end, which holds `error` when the file
cannot be read and `unexpected` when it should have been, `worn` when the process should be replaced before the next file.
"""

import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from knowledge.extraction.refusals import CannotReadError

# What a well-meant file of the largest size we take needs, several times over. A process that has used more than a
# part of it on earlier files ends before it reads another.
CPU_SECONDS = 80
MEMORY_BYTES = 1_500_000_000
FILE_BYTES = 70_000_000
WORN_CPU_SECONDS = 20
WORN_MEMORY_BYTES = 500_000_000

Found = Iterator[dict[str, Any]]


def _pdf(request: dict[str, Any]) -> Found:
    from knowledge.extraction import pdf

    yield pdf.read(request["path"])


def _word(request: dict[str, Any]) -> Found:
    from knowledge.extraction import word

    yield word.read(request["path"])


def _text(request: dict[str, Any]) -> Found:
    from knowledge.extraction import text

    yield text.read(request["path"], request["kind"])


def _table(request: dict[str, Any]) -> Found:
    from knowledge.extraction import table

    yield from table.read(request["path"])


def _archive(request: dict[str, Any]) -> Found:
    from knowledge.extraction import archive

    yield from archive.entries(request["path"], frozenset(request["suffixes"]))


def _entry(request: dict[str, Any]) -> Found:
    from knowledge.extraction import archive

    archive.unpack(request["path"], request["entry"], request["target"])
    yield from ()


KINDS: dict[str, Callable[[dict[str, Any]], Found]] = {
    "pdf": _pdf,
    "docx": _word,
    "html": _text,
    "markdown": _text,
    "text": _text,
    "table": _table,
    "archive": _archive,
    "entry": _entry,
}


def serve(asked: IO[str], out: IO[str]) -> None:
    """Answer requests until there are no more."""
    for line in asked:
        for found in answer(json.loads(line)):
            out.write(json.dumps(found) + "\n")
        out.flush()


def answer(request: dict[str, Any]) -> Found:
    """Read one file: what was found, and at last whether that is all."""
    done: dict[str, Any] = {"done": True}
    try:
        yield from KINDS[request["kind"]](request)
    except CannotReadError as exc:
        done["error"] = str(exc)
    except (MemoryError, RecursionError) as exc:
        done |= {"error": f"The file needs more memory than a document should ({type(exc).__name__}).", "worn": True}
    except OSError as exc:
        done["error"] = str(exc.strerror or exc)
    except Exception as exc:  # noqa: BLE001 - a library met what it was not made for; the next file may be read
        done |= {
            "error": f"The file could not be read ({type(exc).__name__}).",
            "unexpected": _place(exc),
            "worn": True,
        }
    if is_worn():
        done["worn"] = True
    yield done


def _place(exc: Exception) -> str:
    """Say where an exception was raised, for the log; its message may hold the file's own text."""
    last = traceback.extract_tb(exc.__traceback__)[-1]
    return f"{type(exc).__name__} in {last.name}, {last.filename}:{last.lineno}"


def is_worn() -> bool:
    """Tell whether earlier files have used so much that the next one might be blamed for it."""
    try:
        import resource
    except ImportError:
        return False
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime > WORN_CPU_SECONDS or _most_memory() > WORN_MEMORY_BYTES


def _most_memory() -> int:
    """Give the most bytes that this program held; `ru_maxrss` would count what its parent held when it forked."""
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
    except OSError:
        return 0
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def bound() -> None:
    """Let the system end this process when it takes too much; the address space is not bounded on macOS."""
    try:
        import resource
    except ImportError:  # Windows; the parent's clock still ends it
        return
    limits = (
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_CORE, 0),
    )
    for name, most in limits:
        try:
            resource.setrlimit(name, (most, most))
        except (ValueError, OSError):
            continue


def main() -> None:
    """Bound this process, and serve. Whatever a library prints goes nowhere, and never between two answers."""
    bound()
    out = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    serve(sys.stdin, out)


if __name__ == "__main__":
    main()
