"""Run scenarios in child processes with embedded settings; nothing of the live data is touched."""

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue

from supportai.core.models import JSONDict
from supportai.settings.env import BASE_DIR
from supportai.simulation.form import Scenario

CHILD = (sys.executable, "-m", "supportai.simulation")
# What the machine says about its own shape is none of a simulation's business.
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "VIRTUAL_ENV", "PYTHONPATH", "TMPDIR")
KEPT_PREFIXES = ("OMP_", "OPENBLAS_", "SUPPORTAI_LLM_")


class SimulationError(Exception):
    """The children could not be started; the message has their last lines."""


def run_scenarios(
    scenarios: Sequence[Scenario],
    *,
    repeat: int = 1,
    children: int = 2,
    on_entry: Callable[[JSONDict], object] = lambda entry: None,
) -> list[JSONDict]:
    """Play every scenario `repeat` times; entries come in the order of the scenarios.

    Raises:
        SimulationError: the template could not be made, or a child died.
    """
    jobs = [(index, number) for index in range(len(scenarios)) for number in range(1, repeat + 1)]
    waiting: SimpleQueue[tuple[int, int]] = SimpleQueue()
    for job in jobs:
        waiting.put(job)
    entries: dict[tuple[int, int], JSONDict] = {}
    with tempfile.TemporaryDirectory(prefix="supportai-simulation-") as folder:
        _build(Path(folder))
        threads = [
            threading.Thread(target=_work, args=(Path(folder), scenarios, waiting, entries, repeat, on_entry))
            for _ in range(min(children, len(jobs)))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    missing = [job for job in jobs if job not in entries]
    if missing:
        raise SimulationError(f"A child process died while playing {scenarios[missing[0][0]].name!r}.")
    return [entries[job] for job in jobs]


def _build(folder: Path) -> None:
    done = subprocess.run(  # noqa: S603 - our own module, no input of anybody
        [*CHILD, "build"], env=_environment(folder), cwd=BASE_DIR, capture_output=True, text=True, check=False
    )
    if done.returncode or not (folder / "ready").exists():
        raise SimulationError("The template could not be made:\n" + done.stderr[-3000:])


def _work(
    folder: Path,
    scenarios: Sequence[Scenario],
    waiting: "SimpleQueue[tuple[int, int]]",
    entries: dict[tuple[int, int], JSONDict],
    repeat: int,
    on_entry: Callable[[JSONDict], object],
) -> None:
    """Feed one child until nothing waits or it dies."""
    with subprocess.Popen(  # noqa: S603 - our own module, no input of anybody
        [*CHILD, "serve"],
        env=_environment(folder),
        cwd=BASE_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        while True:
            try:
                job = waiting.get_nowait()
            except Empty:
                child.stdin.close()
                return
            scenario = scenarios[job[0]]
            child.stdin.write(json.dumps({"id": job[0], "data": scenario.data}, default=str) + "\n")
            child.stdin.flush()
            line = child.stdout.readline()
            if not line:
                return
            played = json.loads(line)
            played.pop("id")
            entry = {"name": scenario.name, "file": scenario.file, **played}
            entries[job] = entry | ({"repeat": job[1]} if repeat > 1 else {})
            on_entry(entries[job])


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in KEPT or name.startswith(KEPT_PREFIXES)}
    return kept | {
        "DJANGO_SETTINGS_MODULE": "supportai.settings.simulation",
        "DATA_DIR": str(folder),
        "LOG_LEVEL": "ERROR",
        "HAYSTACK_TELEMETRY_ENABLED": "False",
    }
