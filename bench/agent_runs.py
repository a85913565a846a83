"""The AI agent's runs a minute with the local policy: demo knowledge, demo procedures, one new customer a run.

python bench/agent_runs.py                    the server's own worker; one and two workers over PostgreSQL
Beside it: pgbench's own transactions, since a run is some fifty small queries beside its arithmetic.
"""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.harness import Stand, begin, options_of, pgbench, shapes_of, stand  # noqa: E402 - needs the path
from bench.report import Table, show, write_json  # noqa: E402 - needs the path
from supportai.tests.servers import wait_until  # noqa: E402 - needs the path

PATIENCE_SECONDS = 600
# How many seconds lie between the ends of the first and the last run after a given one, and how many there were.
ENDS = {
    "embedded": "SELECT count(*), (julianday(max(finished_at)) - julianday(min(finished_at))) * 86400",
    "production": "SELECT count(*), extract(epoch FROM max(finished_at) - min(finished_at))",
}
FINISHED = "FROM tickets_agentrun WHERE id > {last} AND finished_at IS NOT NULL"


def ask(place: Stand, sql: str) -> tuple[Any, ...]:
    """Read one row of its database."""
    if place.shape == "production":
        import psycopg

        with psycopg.connect(place.database) as connection:
            return tuple(connection.execute(sql).fetchone() or ())  # type: ignore[arg-type] - a bench's own text
    with closing(sqlite3.connect(place.folder / "supportai.sqlite3", timeout=20)) as connection:
        return tuple(connection.execute(sql).fetchone())


def measure(place: Stand, runs: int, workers: int) -> float:
    """Let a number of turns wait, start the workers, and give the runs ended a second, from the first to the last end."""
    last = ask(place, "SELECT coalesce(max(id), 0) FROM tickets_agentrun")[0]
    place.run("bench/turns.py", str(runs))
    place.workers = workers
    place.start(settles=False)
    sql = f"{ENDS[place.shape]} {FINISHED.format(last=last)}"
    wait_until(lambda: ask(place, sql)[0] >= runs, what=f"{runs} runs", seconds=PATIENCE_SECONDS, every=0.5)
    count, seconds = ask(place, sql)
    place.stop()
    return (count - 1) / float(seconds)


def tpcb(url: str) -> float:
    """Give pgbench's transactions a second, two clients, in a database of the bench's."""
    pgbench(url, "-i", "-q", seconds=0)
    return pgbench(url, "-c", "2", "-j", "2")["tps"]


def main() -> None:
    """Measure each shape."""
    parser = options_of(__doc__)
    parser.add_argument("--runs", type=int, default=60)
    options = begin(parser)
    table = Table("AI agent's runs, local policy")
    for shape in shapes_of(options.shape):
        # Nobody writes a demo's password here; the demo's brand and articles are what is needed.
        with stand(shape) as place:
            place.run("manage.py", "migrate", "--verbosity", "0")
            place.run("manage.py", "seed_demo", "--no-conversations", "--verbosity", "0")
            for workers in (1, 2) if shape == "production" else (1,):
                rate = measure(place, options.runs, workers)
                name = f"{shape}, {workers} worker{'s' if workers > 1 else ''}"
                first = "" if workers == 1 else f"{shape}, 1 worker"
                table.rate(name, rate * 60, unit="runs per min", against=first)
            if shape == "production":
                table.rate("pgbench tpcb-like, 2 clients", tpcb(place.database), unit="transactions per s")
    write_json(options.json, "agent_runs", [show(table)])


if __name__ == "__main__":
    main()
