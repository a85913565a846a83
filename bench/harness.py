"""Start the product in either shape for a bench, find the services and the yardsticks' tools."""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from supportai.tests.servers import (
    ROOT,
    Process,
    embedded_environment,
    free_port,
    gunicorn_command,
    uvicorn_command,
    wait_until,
    wait_until_ready,
)

# A session must outlive the process that made it, so every process of a bench has the same key.
SECRET_KEY = "bench-only-key-that-production-refuses-because-it-is-known-00"
CACHE = Path(os.environ.get("BENCH_DIR") or ROOT / "data" / "bench")
SHAPES = ("embedded", "production")
# How long a start may keep processes busy, and how much of a second counts as nothing.
SETTLE_SECONDS, IDLE_SECONDS = 60, 0.1
HOW = "set DATABASE_URL and REDIS_URL (and ELASTICSEARCH_URL for retrieval) to measure the production shape"
# Limits that protect a desk from one customer would be what is measured.
NO_LIMITS = {
    "SUPPORTAI_WIDGET_MESSAGES_PER_MINUTE": "1000000",
    "SUPPORTAI_WIDGET_SESSIONS_PER_MINUTE": "1000000",
    "SUPPORTAI_WIDGET_VISITOR_MESSAGES_PER_MINUTE": "1000000",
    "SUPPORTAI_WIDGET_VISITORS_PER_MINUTE": "1000000",
    "SUPPORTAI_HELP_SEARCHES_PER_MINUTE": "1000000",
}


def options_of(description: str | None, *, shapes: bool = True) -> argparse.ArgumentParser:
    """Make the parser that all benches share."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="also write all figures to this file")
    if shapes:
        parser.add_argument("--shape", choices=[*SHAPES, "both"], default="both", help=f"what to measure; {HOW}")
    return parser


def begin(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Read the options, and let SIGTERM end the bench as Ctrl+C does, so that what it started is stopped and removed."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    return parser.parse_args()


def shapes_of(wanted: str) -> list[str]:
    """List the shapes to measure; production is left out, with a line that says how to have it, without its services."""
    names = list(SHAPES) if wanted == "both" else [wanted]
    if "production" in names and not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
        print(f"Without the production shape: {HOW}.\n", file=sys.stderr)
        names.remove("production")
    return names


# --- Services -----------------------------------------------------------------------------------
def database_url(suffix: str, *, is_fresh: bool) -> str:
    """Give the address of a database of the bench's own beside the one that `DATABASE_URL` names, made if missing."""
    import psycopg
    from psycopg import sql

    parts = urlsplit(os.environ["DATABASE_URL"])
    name = f"{parts.path.strip('/')}_bench{suffix}"
    with psycopg.connect(urlunsplit(parts._replace(path="/postgres")), autocommit=True) as connection:
        if is_fresh:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return urlunsplit(parts._replace(path=f"/{name}"))


def drop_database(suffix: str) -> None:
    """Remove a database that `database_url` made."""
    import psycopg
    from psycopg import sql

    parts = urlsplit(os.environ["DATABASE_URL"])
    name = f"{parts.path.strip('/')}_bench{suffix}"
    with psycopg.connect(urlunsplit(parts._replace(path="/postgres")), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


# --- The product --------------------------------------------------------------------------------
@dataclass
class Stand:
    """The product in one shape, with data of its own; `http` and `ws` are the ports once it runs."""

    shape: str
    folder: Path
    workers: int = 1
    database: str = ""
    extra: dict[str, str] = field(default_factory=dict)
    processes: list[Process] = field(default_factory=list)
    http: int = 0
    ws: int = 0

    @property
    def environment(self) -> dict[str, str]:
        """Build the environment of its processes."""
        services: dict[str, str] = {}
        if self.shape == "production":
            services = {
                "DATABASE_URL": self.database,
                "REDIS_URL": os.environ["REDIS_URL"],
                "SUPPORTAI_REDIS_PREFIX": "bench",
            }
        own = {"DJANGO_SETTINGS_MODULE": "bench.settings", "SECRET_KEY": SECRET_KEY, "PYTHONPATH": str(ROOT)}
        own["BENCH_STARTS"] = str(self.folder / "starts.txt")
        waits = {"SUPPORTAI_LEASE_SECONDS": "20", "SUPPORTAI_SWEEP_SECONDS": "2"}
        return embedded_environment(self.folder) | own | waits | NO_LIMITS | services | self.extra

    @property
    def title(self) -> str:
        """Say what it is."""
        parts = {
            "embedded": "uvicorn, SQLite, worker inside",
            "production": "gunicorn, uvicorn, worker, PostgreSQL, Redis",
        }
        return f"{self.shape}: {parts[self.shape]}"

    def run(self, *arguments: str, timeout: float = 900) -> str:
        """Run a Python script or module in its environment; what it says on stderr is shown.

        Raises:
            RuntimeError: it failed.
        """
        command = [sys.executable, *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, text=True, timeout=timeout, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(arguments)} ended with {done.returncode}\n{done.stdout[-2000:]}")
        return done.stdout

    def prepare(self, tickets: int) -> dict[str, Any]:
        """Migrate, fill an empty database with that many tickets, and give the facts of `dataset.py`."""
        facts = self.folder / "facts.json"
        self.run("bench/dataset.py", "--tickets", str(tickets), "--facts", str(facts))
        found: dict[str, Any] = json.loads(facts.read_text(encoding="utf-8"))
        return found

    def start(self, *, settles: bool = True) -> None:
        """Start all its processes and wait until they answer, and until their heads are trained (`settles`)."""
        self.http = self.ws = free_port()
        commands = [("server", uvicorn_command(self.ws))]
        if self.shape == "production":
            self.http = free_port()
            commands = [("web", gunicorn_command(self.http)), ("sockets", uvicorn_command(self.ws))]
            commands += [(f"worker-{number}", WORKER) for number in range(self.workers)]
        for name, command in commands:
            process = Process(command, self.environment, self.folder / f"{name}.log")
            process.start()
            self.processes.append(process)
        for process in self.processes:
            self._wait(process)
        if settles:
            self._settle()

    def _settle(self) -> None:
        """Wait until its processes do next to nothing: a worker trains its heads first, beside whatever is measured."""
        pids = [process.started.pid for process in self.processes if process.started]
        deadline = time.monotonic() + SETTLE_SECONDS
        used = IDLE_SECONDS
        while used >= IDLE_SECONDS and time.monotonic() < deadline:
            before = sum(map(_cpu_seconds, pids))
            time.sleep(1)
            used = sum(map(_cpu_seconds, pids)) - before

    def _wait(self, process: Process) -> None:
        if process.command == WORKER:
            wait_until(lambda: "The worker runs" in process.log_tail(), what=process.log_tail(), seconds=90)
        else:
            wait_until_ready(process, self.http if "gunicorn" in process.command else self.ws)

    def cpu_seconds(self) -> float:
        """Give the processor time that its web and socket servers have used, whatever else this machine does."""
        servers = [p.started.pid for p in self.processes if p.started and p.command != WORKER]
        return sum(_cpu_seconds(pid) for pid in servers)

    def stop(self) -> None:
        """Stop what runs."""
        for process in self.processes:
            process.stop()
        self.processes = []


WORKER = [sys.executable, "manage.py", "worker"]


def _cpu_seconds(pid: int) -> float:
    """Add up a process and its children, by the processor clock that Linux keeps of each with its ended threads."""
    tasks = list(Path(f"/proc/{pid}/task").glob("*"))
    try:
        children = " ".join(Path(task, "children").read_text(encoding="ascii") for task in tasks)
        # clock_getcpuclockid(3) of another process, as glibc builds it.
        own = time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return 0.0
    return own + sum(_cpu_seconds(int(child)) for child in children.split())


@contextmanager
def stand(shape: str, *, workers: int = 1, **extra: str) -> Iterator[Stand]:
    """Give a stand with a fresh, empty database of its own; it is stopped and removed at the end."""
    with tempfile.TemporaryDirectory(prefix="supportai-bench-") as folder:
        database = database_url("_fresh", is_fresh=True) if shape == "production" else ""
        found = Stand(shape, Path(folder), workers=workers, database=database, extra=extra)
        try:
            yield found
        finally:
            found.stop()
            if database:
                drop_database("_fresh")


@contextmanager
def seeded_stand(shape: str, tickets: int, *, reseed: bool = False) -> Iterator[tuple[Stand, dict[str, Any]]]:
    """Give a running stand with a desk of many tickets, kept for the next run, and the facts of `dataset.py`."""
    folder = CACHE / f"{shape}-{tickets}"
    if reseed:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    database = database_url(f"_{tickets}", is_fresh=reseed) if shape == "production" else ""
    found = Stand(shape, folder, database=database)
    facts = found.prepare(tickets)
    try:
        found.start()
        yield found, facts
    finally:
        found.stop()


# --- Asking -------------------------------------------------------------------------------------
class Http:
    """A client with one kept connection, as cheap as Python allows."""

    def __init__(self, port: int, **headers: str) -> None:
        self.connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = headers

    def timed(self, path: str, *, method: str = "GET", body: dict[str, Any] | None = None) -> tuple[float, bytes]:
        """Send a request; gives the seconds until the whole answer was there, and the answer.

        Raises:
            RuntimeError: the status is not 200, 201 or 304.
        """
        data = None if body is None else json.dumps(body).encode()
        headers = self.headers | ({} if body is None else {"Content-Type": "application/json"})
        started = time.perf_counter()
        try:
            self.connection.request(method, path, data, headers)
            response = self.connection.getresponse()
            content = response.read()
        except (HTTPException, ConnectionError):
            # A kept connection may end at any time; that is not what is measured.
            self.connection.close()
            return self.timed(path, method=method, body=body)
        seconds = time.perf_counter() - started
        if response.status not in {200, 201, 304}:
            raise RuntimeError(f"{method} {path}: {response.status} {content[:300]!r}")
        return seconds, content

    def json(self, path: str, *, method: str = "GET", body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Send a request and read the JSON object of the answer."""
        found: dict[str, Any] = json.loads(self.timed(path, method=method, body=body)[1])
        return found


# --- Yardsticks -----------------------------------------------------------------------------------
def redis_benchmark(*tests: str, requests: int = 20_000, clients: int = 1) -> dict[str, dict[str, float]]:
    """Run redis-benchmark against `REDIS_URL`; gives requests per second and p50 and p95 in seconds by test's name."""
    address = urlsplit(os.environ["REDIS_URL"])
    command = ["redis-benchmark", "-h", address.hostname or "127.0.0.1", "-p", str(address.port or 6379), "--csv"]
    command += ["-n", str(requests), "-c", str(clients)]
    found = {}
    for test in tests:
        arguments = ["-t", test.lower()] if test in {"PING_MBULK", "LPUSH"} else test.split()
        output = subprocess.run([*command, *arguments], capture_output=True, text=True, check=True, timeout=120).stdout
        rows = [line.replace('"', "").split(",") for line in output.splitlines() if line.startswith('"')]
        head, values = rows[0], rows[-1]
        row = dict(zip(head, values, strict=False))
        found[test] = {
            "rps": float(row["rps"]),
            "p50": float(row["p50_latency_ms"]) / 1000,
            "p95": float(row["p95_latency_ms"]) / 1000,
        }
    return found


def pgbench(url: str, *arguments: str, script: str = "", seconds: int = 4) -> dict[str, float]:
    """Run pgbench; gives transactions per second and the mean latency in seconds; 0 seconds are for `-i`, which gives none.

    Raises:
        FileNotFoundError: it is not installed.
    """
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/pgbench"), reverse=True)
    tool = shutil.which("pgbench") or next(map(str, installed), "")
    if not tool:
        raise FileNotFoundError("pgbench: install postgresql-contrib, or leave the production shape out")
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        how = ["-T", str(seconds), "-n", *(["-f", file.name] if script else [])] if seconds else []
        command = [tool, *arguments, *how, url]
        output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    if not seconds:
        return {}
    tps = re.search(r"tps = ([\d.]+)", output)
    latency = re.search(r"latency average = ([\d.]+) ms", output)
    assert tps, output
    assert latency, output
    return {"tps": float(tps[1]), "latency": float(latency[1]) / 1000}
