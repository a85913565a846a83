"""What the database does for a page: number of queries, their time, and the plan of the slowest.

Run by `bench/inbox.py --queries` in the environment of what it explains.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")

import django  # noqa: E402 - needs the path

django.setup()

from django.db import connection  # noqa: E402 - needs the apps
from django.test import Client  # noqa: E402 - as above

SLOW_SECONDS = 0.005
PLAN_LINES = 30


class Watch:
    """Notes each query with its time, and its plan when it was slow."""

    def __init__(self) -> None:
        self.seen: list[tuple[float, str, Any]] = []

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.seen.append((time.perf_counter() - started, sql, params))


def plan_of(sql: str, params: Any) -> str:
    """Ask the database how it did that."""
    how = "EXPLAIN (ANALYZE, BUFFERS, COSTS OFF)" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
    with connection.cursor() as cursor:
        cursor.execute(f"{how} {sql}", params)
        return "\n".join("    " + " ".join(map(str, row)) for row in cursor.fetchall()[:PLAN_LINES])


def main() -> None:
    """Explain each page."""
    paths, facts = json.loads(sys.argv[1]), json.loads(sys.argv[2])
    client = Client(headers={"authorization": f"Bearer {facts['token']}", "host": "localhost"})
    name, _, value = facts["cookie"].partition("=")
    client.cookies[name] = value
    for label, path in paths.items():
        client.get(path)
        watch = Watch()
        started = time.perf_counter()
        with connection.execute_wrapper(watch):
            response = client.get(path)
        total = time.perf_counter() - started
        spent = sum(seconds for seconds, _sql, _params in watch.seen)
        print(
            f"{label}: {response.status_code}, {len(watch.seen)} queries, {spent * 1000:.1f} of {total * 1000:.1f} ms"
        )
        slowest = max(watch.seen, default=None, key=lambda query: query[0])
        if slowest and slowest[0] > SLOW_SECONDS:
            print(
                f"  {slowest[0] * 1000:.1f} ms: {slowest[1][:3000]}\n  {slowest[2]}\n{plan_of(slowest[1], slowest[2])}"
            )


if __name__ == "__main__":
    main()
