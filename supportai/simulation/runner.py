"""Run scenarios in child processes with embedded settings; nothing of the live data is touched."""

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue

from supportai.core.models import JSONDict
from supportai.settings.env import BASE_DIR
from supportai.simulation.form import Scenario

CHILD = (sys.executable, "-m", "supportai.simulation")
# What the machine says about its own shape is none of a simulation's business.
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "VIRTUAL_ENV", "PYTHONPATH", "TMPDIR")
KEPT_PREFIXES = ("OMP_", "OPENBLAS_")
# The provider reaches a child only when it is to decide.
PROVIDER_PREFIX = "SUPPORTAI_LLM_"
# A scenario takes about a second; one that takes this long hangs, and its child is ended.
MOST_SECONDS = 300

Job = tuple[int, int]


class SimulationError(Exception):
    """The template could not be made; the message has the child's last lines."""


@dataclass(slots=True, kw_only=True)
class _Simulation:
    """The scenarios with what is known of them; a job is the index of a scenario and the number of its repetition."""

    folder: Path
    scenarios: Sequence[Scenario]
    on_entry: Callable[[JSONDict], object]
    is_repeated: bool
    policy: str
    waiting: "SimpleQueue[Job]" = field(default_factory=SimpleQueue)
    entries: dict[Job, JSONDict] = field(default_factory=dict)

    def note(self, job: Job, played: JSONDict) -> None:
        """Keep the entry of a played job."""
        scenario = self.scenarios[job[0]]
        entry = {"name": scenario.name, "file": scenario.file, **played}
        self.entries[job] = entry | ({"repeat": job[1]} if self.is_repeated else {})
        self.on_entry(self.entries[job])

    def work(self) -> None:
        """Feed one child after the other until no job waits."""
        while not self.waiting.empty():
            with _start(self.folder, self.policy) as child:
                self._feed(child)

    def _feed(self, child: "subprocess.Popen[str]") -> None:
        """Give a child jobs until none waits or it dies."""
        assert child.stdin is not None
        assert child.stdout is not None
        while True:
            try:
                job = self.waiting.get_nowait()
            except Empty:
                child.stdin.close()
                return
            watchdog = threading.Timer(MOST_SECONDS, child.kill)
            watchdog.start()
            line = _ask(child, self.scenarios[job[0]].data)
            watchdog.cancel()
            if not line:
                self.note(job, failed("the process that played it died or hung"))
                return
            self.note(job, json.loads(line))


def run_scenarios(
    scenarios: Sequence[Scenario],
    *,
    repeat: int = 1,
    children: int = 2,
    policy: str = "local",
    on_entry: Callable[[JSONDict], object] = lambda entry: None,
) -> list[JSONDict]:
    """Play every scenario `repeat` times; entries come in the order of the scenarios.

    With `policy` "llm" the provider of this process's `SUPPORTAI_LLM_*` decides, otherwise none is known.

    Raises:
        SimulationError: the template could not be made.
    """
    jobs = [(index, number) for index in range(len(scenarios)) for number in range(1, repeat + 1)]
    with tempfile.TemporaryDirectory(prefix="supportai-simulation-") as folder:
        simulation = _Simulation(
            folder=Path(folder), scenarios=scenarios, on_entry=on_entry, is_repeated=repeat > 1, policy=policy
        )
        playable = 0
        for job in jobs:
            if scenarios[job[0]].problem:
                simulation.note(job, failed(scenarios[job[0]].problem))
            else:
                simulation.waiting.put(job)
                playable += 1
        if playable:
            _build(Path(folder))
        threads = [threading.Thread(target=simulation.work) for _ in range(min(children, playable))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return [simulation.entries[job] for job in jobs]


def failed(why: str) -> JSONDict:
    """Give the entry of a scenario that could not be played."""
    return {"passed": False, "failures": [why], "outcome": "", "seconds": 0.0, "calls": [], "replies": []}


def _build(folder: Path) -> None:
    done = subprocess.run(  # noqa: S603 - our own module, no input of anybody
        [*CHILD, "build"], env=_environment(folder, "local"), cwd=BASE_DIR, capture_output=True, text=True, check=False
    )
    if done.returncode or not (folder / "ready").exists():
        raise SimulationError("The template could not be made:\n" + done.stderr[-3000:])


def _start(folder: Path, policy: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(  # noqa: S603 - our own module, no input of anybody
        [*CHILD, "serve"],
        env=_environment(folder, policy),
        cwd=BASE_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def _ask(child: "subprocess.Popen[str]", data: JSONDict) -> str:
    """Send a scenario and wait for its line; empty when the child is gone."""
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        child.stdin.write(json.dumps({"data": data}, default=str) + "\n")
        child.stdin.flush()
    except BrokenPipeError:
        return ""
    return child.stdout.readline()


def _environment(folder: Path, policy: str) -> dict[str, str]:
    prefixes = (*KEPT_PREFIXES, PROVIDER_PREFIX) if policy == "llm" else KEPT_PREFIXES
    kept = {name: value for name, value in os.environ.items() if name in KEPT or name.startswith(prefixes)}
    return kept | {
        "DJANGO_SETTINGS_MODULE": "supportai.settings.simulation",
        "DATA_DIR": str(folder),
        "LOG_LEVEL": "ERROR",
        "HAYSTACK_TELEMETRY_ENABLED": "False",
    }
