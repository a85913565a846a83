"""Run all benches one after the other: python bench/all.py [--shape embedded] [--json FOLDER]

Each prints its tables as it goes; 8 to 12 minutes on a quiet 2-core machine.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
SHAPED = ("inbox", "helpcenter", "roundtrip", "fanout", "queue_latency", "agent_runs")
UNSHAPED = ("retrieval", "ingest")


def commands(shape: str, folder: Path | None) -> list[list[str]]:
    """List what to run."""
    found = []
    for name in (*SHAPED, *UNSHAPED):
        command = [sys.executable, str(HERE / f"{name}.py")]
        command += ["--shape", shape] if name in SHAPED else []
        found.append([*command, *(["--json", str(folder / f"{name}.json")] if folder else [])])
    return found


def main() -> int:
    """Run them; exit status 1 when one failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", choices=["embedded", "production", "both"], default="both")
    parser.add_argument("--json", type=Path, help="write one file a bench into this folder")
    options = parser.parse_args()
    if options.json:
        options.json.mkdir(parents=True, exist_ok=True)
    failed = []
    for command in commands(options.shape, options.json):
        name, started = Path(command[1]).stem, time.monotonic()
        print(f"== {name}", flush=True)
        if subprocess.run(command, check=False).returncode:
            failed.append(name)
        print(f"== {name}: {time.monotonic() - started:.0f} s\n", flush=True)
    if failed:
        print(f"Failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
