"""The child process: read one file, write one JSON object (`title`, `body`, `note`, or `error`) and end."""

import json
import sys

from knowledge.extraction.refusals import CannotReadError

# What a well-meant file of the largest size we take needs, several times over.
CPU_SECONDS = 60
MEMORY_BYTES = 1_500_000_000


def main(kind: str, path: str) -> dict[str, str]:
    """Read a `pdf` or a `docx` file."""
    _bound()
    try:
        if kind == "pdf":
            from knowledge.extraction import pdf

            return pdf.read(path)
        from knowledge.extraction import word

        return word.read(path)
    except CannotReadError as exc:
        return {"error": str(exc)}
    except (MemoryError, RecursionError) as exc:
        return {"error": f"The file needs more memory than a document should ({type(exc).__name__})."}


def _bound() -> None:
    """Let the system end this process when it takes too much; the address space is not bounded on macOS."""
    try:
        import resource
    except ImportError:  # Windows; the parent's clock still ends it
        return
    for name, most in ((resource.RLIMIT_CPU, CPU_SECONDS), (resource.RLIMIT_AS, MEMORY_BYTES)):
        try:
            resource.setrlimit(name, (most, most))
        except (ValueError, OSError):
            continue


if __name__ == "__main__":
    out = sys.stdout
    # Whatever a library prints must not get between the braces.
    sys.stdout = sys.stderr
    json.dump(main(sys.argv[1], sys.argv[2]), out)
