"""A real server for tests that need one: own process, own `DATA_DIR`, own port, killed without mercy."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

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
        "LOG_LEVEL": "WARNING",
        "PYTHONUNBUFFERED": "1",
        **extra,
    }


def manage(data_dir: Path, *arguments: str, timeout: float = 240) -> str:
    """Run a management command of the embedded demo; returns what it printed.

    Raises:
        AssertionError: it failed; the message ends with its errors.
    """
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=embedded_environment(data_dir),
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


def wait_until(check: Callable[[], T], *, what: str, seconds: float = 30, every: float = 0.1) -> T:
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
    raise AssertionError(f"not within {seconds:.0f} s: {what}")


@dataclass
class DemoServer:
    """The demo, served by uvicorn with the worker inside, as a process that can be killed and started again."""

    data_dir: Path
    environment: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Tell the address, without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, **extra: str) -> None:
        """Start and wait until it answers; `extra` is added to the environment of this start only."""
        log = (self.data_dir / "server.log").open("ab")
        command = [sys.executable, "-m", "uvicorn", "supportai.asgi:application", "--host", "127.0.0.1"]
        command += ["--port", str(self.port), "--lifespan", "on", "--ws", "websockets", "--log-level", "warning"]
        environment = embedded_environment(self.data_dir, PUBLIC_URL=self.url, **self.environment, **extra)
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
        )
        wait_until(self._answers, what=f"the server answers\n{self.log_tail()}", seconds=START_SECONDS)

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"the server ended with {self.process.returncode}:\n{self.log_tail()}"
        try:
            with urllib.request.urlopen(f"{self.url}/ready", timeout=2) as response:
                return bool(response.status == 200)
        except OSError:
            return False

    def text(self, path: str) -> str:
        """Fetch a page without logging in."""
        with urllib.request.urlopen(f"{self.url}{path}", timeout=30) as response:
            return str(response.read().decode())

    def died(self) -> bool:
        """Tell whether the process ended by SIGKILL."""
        return self.process is not None and self.process.poll() == -signal.SIGKILL

    def kill(self) -> None:
        """End it with SIGKILL, as a power cut would."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(timeout=10)

    def stop(self) -> None:
        """End it in peace, so that its files are whole; kill it when it does not end."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.kill()

    def log_tail(self) -> str:
        """Return the end of what it logged."""
        path = self.data_dir / "server.log"
        return path.read_text(errors="replace")[-3000:] if path.exists() else ""

    def rows(self, query: str, *parameters: object) -> list[dict[str, Any]]:
        """Read from its database file."""
        with closing(sqlite3.connect(self.data_dir / "supportai.sqlite3", timeout=20)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query, parameters)]

    def is_quiet(self) -> bool:
        """Tell whether no event, task or run waits."""
        waiting = self.rows("select count(*) as n from supportai_outboxevent where dispatched_at is null")[0]["n"]
        busy = self.rows("select count(*) as n from tickets_agentrun where state in ('queued', 'running')")[0]["n"]
        with closing(sqlite3.connect(self.data_dir / "queue.sqlite3", timeout=20)) as queue:
            tasks = queue.execute("select count(*) from task").fetchone()[0]
        return not (waiting or busy or tasks)


class UnreachableError(ConnectionError):
    """The server did not answer: it is down, or died while it was asked."""


@dataclass
class WidgetClient:
    """A customer's widget as far as its HTTP side goes; resends what was not acknowledged, with the same id."""

    url: str
    session: str = ""
    ticket: str | None = None
    messages: list[dict[str, Any]] = field(default_factory=list)
    status: str = ""

    def call(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, timeout: float = 30
    ) -> dict[str, Any]:
        """Send one request.

        Raises:
            UnreachableError: no answer came.
            AssertionError: the server refused.
        """
        request = urllib.request.Request(f"{self.url}{path}", method=method)
        request.add_header("Accept", "application/json")
        if self.session:
            request.add_header("Authorization", f"Bearer {self.session}")
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=timeout) as response:
                answer: dict[str, Any] = json.load(response)
                return answer
        except urllib.error.HTTPError as exc:
            raise AssertionError(f"{method} {path}: {exc.code} {exc.read()[:500]!r}") from exc
        except (OSError, ValueError) as exc:
            raise UnreachableError(str(exc)) from exc

    def open(self, *, brand: str = "fernway", identity: str = "") -> None:
        """Open a session, signed with the identity token when one is given."""
        answer = self.call("POST", "/widget/session", {"brand": brand, "identity": identity or None})
        self.session = answer["session"]

    def say(self, text: str, *, patience_seconds: float = 0) -> str:
        """Send a message; an unreachable server is asked again with the same client id; returns that id."""
        client_id = str(uuid.uuid4())
        deadline = time.monotonic() + patience_seconds
        while True:
            try:
                self._send(client_id, text)
            except UnreachableError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
            else:
                return client_id

    def _send(self, client_id: str, text: str) -> None:
        body = {"client_id": client_id, "ticket": self.ticket, "text": text}
        answer = self.call("POST", "/widget/messages", body)
        ticket = answer["ticket"]
        self.ticket = ticket["id"] if isinstance(ticket, dict) else ticket

    def read(self, *, wait: int = 0) -> list[dict[str, Any]]:
        """Fetch the messages after the last one known, and return all."""
        after = self.messages[-1]["sequence"] if self.messages else 0
        answer = self.call("GET", f"/widget/messages?ticket={self.ticket}&after={after}&wait={wait}", timeout=wait + 15)
        self.messages += [message for message in answer["messages"] if message["sequence"] > after]
        self.status = (answer.get("ticket") or {}).get("status", self.status)
        return self.messages

    def wait_for(self, check: Callable[[list[dict[str, Any]]], Any], *, what: str, seconds: float = 60) -> Any:
        """Read until the check says so; a server that is down counts as nothing new."""

        def look() -> Any:
            try:
                return check(self.read())
            except UnreachableError:
                return None

        return wait_until(
            look, what=f"{what}; seen: {[m['body'][:80] for m in self.messages]}", seconds=seconds, every=0.2
        )
