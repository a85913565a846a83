"""Real servers for tests that need them, in both shapes: own processes, own data, own ports, killed without mercy."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

from supportai.tests.front import Front, is_listening
from supportai.tests.services import Place

ROOT = Path(__file__).resolve().parents[2]
PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV")
START_SECONDS = 90
T = TypeVar("T")


def embedded_environment(data_dir: Path, **extra: str) -> dict[str, str]:
    """Build the environment of an embedded demo that knows nothing of the caller's services."""
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return kept | {
        "DJANGO_SETTINGS_MODULE": "supportai.settings.dev",
        "DATA_DIR": str(data_dir),
        "SUPPORTAI_DEMO": "1",
        "SUPPORTAI_LEASE_SECONDS": "2",
        "SUPPORTAI_SWEEP_SECONDS": "0.5",
        "LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING"),
        "PYTHONUNBUFFERED": "1",
        **extra,
    }


def manage(data_dir: Path, *arguments: str, timeout: float = 240) -> str:
    """Run a management command of the embedded demo; returns what it printed.

    Raises:
        AssertionError: it failed; the message ends with its errors.
    """
    return run_manage(embedded_environment(data_dir), *arguments, timeout=timeout)


def run_manage(environment: dict[str, str], *arguments: str, timeout: float, root: Path = ROOT) -> str:
    """Run a management command in an environment; returns what it printed.

    Raises:
        AssertionError: it failed; the message ends with its errors.
    """
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(
        command,
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, (
        f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stdout[-1000:]}{done.stderr[-3000:]}"
    )
    return done.stdout


def free_port() -> int:
    """Ask the system for a port that nobody uses now."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(check: Callable[[], T], *, what: str | Callable[[], str], seconds: float = 30, every: float = 0.1) -> T:
    """Poll until the check returns something true, and return that.

    Raises:
        AssertionError: it did not within the time.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = check()
        if found:
            return found
        time.sleep(every)
    raise AssertionError(f"not within {seconds:.0f} s: {what if isinstance(what, str) else what()}")


@dataclass
class Process:
    """One process of the product, which can be killed and started again; what it says goes to a log of its own."""

    command: list[str]
    environment: dict[str, str]
    log: Path
    root: Path = ROOT
    started: subprocess.Popen[bytes] | None = None
    begins_at: int = 0

    def start(self, **extra: str) -> None:
        """Start without waiting for anything; `extra` is added to the environment of this start only."""
        with self.log.open("ab") as log:
            self.begins_at = log.tell()
            self.started = subprocess.Popen(
                self.command,
                cwd=self.root,
                env=self.environment | extra,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def is_running(self) -> bool:
        """Tell whether it was started and has not ended."""
        return self.started is not None and self.started.poll() is None

    @property
    def returncode(self) -> int | None:
        """Give what it ended with; negative for a signal, None while it runs."""
        return self.started.poll() if self.started else None

    def died(self) -> bool:
        """Tell whether it ended by SIGKILL."""
        return self.returncode == -signal.SIGKILL

    def kill(self) -> None:
        """End it and its children with SIGKILL, as a power cut would."""
        if self.started and self.is_running:
            os.killpg(self.started.pid, signal.SIGKILL)
            self.started.wait(timeout=10)

    def stop(self, number: signal.Signals = signal.SIGINT, *, seconds: float = 15) -> int | None:
        """End it in peace, so that its files are whole; kill it when it does not end. Returns what it ended with."""
        if self.started and self.is_running:
            self.started.send_signal(number)
            try:
                self.started.wait(timeout=seconds)
            except subprocess.TimeoutExpired:
                self.kill()
        return self.returncode

    def log_tail(self) -> str:
        """Return the end of what it logged since it was started last."""
        if not self.log.exists():
            return ""
        return self.log.read_bytes()[self.begins_at :].decode(errors="replace")[-3000:]


def wait_until_ready(process: Process, port: int) -> None:
    """Wait until a server answers.

    Raises:
        AssertionError: it ended, or took too long.
    """

    def answers() -> bool:
        assert process.is_running, f"the server ended with {process.returncode}:\n{process.log_tail()}"
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=2) as response:
                return bool(response.status == 200)
        except OSError:
            return False

    wait_until(answers, what=f"the server answers\n{process.log_tail()}", seconds=START_SECONDS)


def uvicorn_command(port: int) -> list[str]:
    """Tell how the ASGI server is started."""
    command = [sys.executable, "-m", "uvicorn", "supportai.asgi:application", "--host", "127.0.0.1"]
    return [*command, "--port", str(port), "--lifespan", "on", "--ws", "websockets-sansio", "--log-level", "warning"]


class Server(ABC):
    """The product in either shape, as far as tests see it."""

    data_dir: Path

    @property
    @abstractmethod
    def url(self) -> str:
        """Tell the address, without a slash at its end."""

    @abstractmethod
    def start(self, **extra: str) -> None:
        """Start what does not run and wait until it answers; `extra` is for the environment of this start only."""

    @abstractmethod
    def stop(self) -> None:
        """End every process in peace."""

    def remove(self) -> None:
        """Stop, and give up what it has outside its folder."""
        self.stop()

    @abstractmethod
    def died(self) -> bool:
        """Tell whether a process of it ended by SIGKILL."""

    @abstractmethod
    def log_tail(self) -> str:
        """Return the end of what it logged."""

    @abstractmethod
    def rows(self, query: str, *parameters: object) -> list[dict[str, Any]]:
        """Read from its database; `?` stands for a parameter."""

    @abstractmethod
    def queue_length(self) -> int:
        """Count the tasks that wait in the queue."""

    def text(self, path: str) -> str:
        """Fetch a page without logging in."""
        with urllib.request.urlopen(f"{self.url}{path}", timeout=30) as response:
            return str(response.read().decode())

    def is_quiet(self) -> bool:
        """Tell whether no event, task or run waits."""
        waiting = self.rows("select count(*) as n from supportai_outboxevent where dispatched_at is null")[0]["n"]
        busy = self.rows("select count(*) as n from tickets_agentrun where state in ('queued', 'running')")[0]["n"]
        return not (waiting or busy or self.queue_length())


@dataclass
class DemoServer(Server):
    """The demo, served by uvicorn with the worker inside, as a process that can be killed and started again."""

    data_dir: Path
    environment: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        environment = embedded_environment(self.data_dir, PUBLIC_URL=self.url, **self.environment)
        self.process = Process(uvicorn_command(self.port), environment, self.data_dir / "server.log")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, **extra: str) -> None:
        self.process.start(**extra)
        wait_until_ready(self.process, self.port)

    def died(self) -> bool:
        return self.process.died()

    def kill(self) -> None:
        """End it with SIGKILL, as a power cut would."""
        self.process.kill()

    def stop(self) -> None:
        self.process.stop()

    def log_tail(self) -> str:
        return self.process.log_tail()

    def rows(self, query: str, *parameters: object) -> list[dict[str, Any]]:
        with closing(sqlite3.connect(self.data_dir / "supportai.sqlite3", timeout=20)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query, parameters)]

    def queue_length(self) -> int:
        with closing(sqlite3.connect(self.data_dir / "queue.sqlite3", timeout=20)) as queue:
            return int(queue.execute("select count(*) from task").fetchone()[0])


Kind = Literal["web", "sockets", "worker"]


@dataclass
class Deployment(Server):
    """The demo in production shape: WSGI servers, ASGI servers and workers over real services, behind one address."""

    data_dir: Path
    place: Place
    web: int = 1
    sockets: int = 1
    workers: int = 1
    environment: dict[str, str] = field(default_factory=dict)
    root: Path = ROOT

    def __post_init__(self) -> None:
        self.ports: dict[tuple[Kind, int], int] = {}
        self.front = Front(lambda: self._addresses("web"), lambda: self._addresses("sockets"))
        self.processes = {
            (kind, index): self._process(kind, index)
            for kind, number in (("web", self.web), ("sockets", self.sockets), ("worker", self.workers))
            for index in range(number)
        }

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.front.port}"

    def start(self, **extra: str) -> None:
        new = [key for key, process in self.processes.items() if not process.is_running]
        for key in new:
            self.processes[key].start(**extra)
        for key in new:
            self._wait_until_started(key)

    def start_one(self, kind: Kind, index: int, **extra: str) -> None:
        """Start one process and wait until it works."""
        self.processes[kind, index].start(**extra)
        self._wait_until_started((kind, index))

    def kill(self, kind: Kind, index: int) -> None:
        """End one process with SIGKILL, as a power cut would."""
        self.processes[kind, index].kill()
        if port := self.ports.get((kind, index)):
            wait_until(lambda: not is_listening(port), what="its children are dead too", every=0.02)

    def url_of(self, kind: Kind, index: int) -> str:
        """Tell the address of one server, past the front."""
        return f"http://127.0.0.1:{self.ports[kind, index]}"

    def died(self) -> bool:
        return bool(self.dead())

    def dead(self) -> list[tuple[Kind, int]]:
        """List the processes that ended by SIGKILL and were not started again."""
        return [key for key, process in self.processes.items() if process.died()]

    def stop(self) -> None:
        for process in self.processes.values():
            if process.started and process.is_running:
                process.started.send_signal(signal.SIGINT)
        for process in self.processes.values():
            process.stop()

    def remove(self) -> None:
        self.stop()
        self.front.stop()
        self.place.drop()

    def log_tail(self) -> str:
        tails = (f"--- {kind} {index}\n{process.log_tail()}" for (kind, index), process in self.processes.items())
        return "\n".join(tails)

    def rows(self, query: str, *parameters: object) -> list[dict[str, Any]]:
        return self.place.rows(query, *parameters)

    def queue_length(self) -> int:
        return self.place.queue_length()

    def manage(self, *arguments: str, timeout: float = 240) -> str:
        """Run a management command over its services; returns what it printed."""
        return run_manage(self._environment(), *arguments, timeout=timeout, root=self.root)

    def _environment(self) -> dict[str, str]:
        own = self.place.environment | self.environment
        return embedded_environment(self.data_dir, PUBLIC_URL=self.url) | own

    def _process(self, kind: Kind, index: int) -> Process:
        command = [sys.executable, "manage.py", "worker"]
        if kind != "worker":
            port = self.ports[kind, index] = free_port()
            command = uvicorn_command(port) if kind == "sockets" else gunicorn_command(port)
        return Process(command, self._environment(), self.data_dir / f"{kind}-{index}.log", self.root)

    def _wait_until_started(self, key: tuple[Kind, int]) -> None:
        process = self.processes[key]
        if key in self.ports:
            wait_until_ready(process, self.ports[key])
        else:
            wait_until(
                lambda: _is_working(process), what=f"the worker runs\n{process.log_tail()}", seconds=START_SECONDS
            )

    def _addresses(self, kind: Kind) -> list[tuple[str, int]]:
        """Tell where servers of a kind are, dead ones too: that they are dead is for the front to find out."""
        found = [("127.0.0.1", port) for (other, _index), port in self.ports.items() if other == kind]
        return found or ([] if kind == "sockets" else self._addresses("sockets"))


def _is_working(worker: Process) -> bool:
    # One that a test makes kill itself may have done so already.
    assert worker.is_running or worker.died(), f"the worker ended with {worker.returncode}:\n{worker.log_tail()}"
    return worker.died() or "The worker runs" in worker.log_tail()


def gunicorn_command(port: int) -> list[str]:
    """Tell how a WSGI server is started."""
    command = [sys.executable, "-m", "gunicorn", "supportai.wsgi:application", "--bind", f"127.0.0.1:{port}"]
    return [*command, "--worker-class", "gthread", "--workers", "1", "--threads", "4", "--no-control-socket"]
