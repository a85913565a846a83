"""A customer's message through websockets, from sending it to the acknowledgement, the second tab and the staff's page.

python bench/roundtrip.py                     both shapes
python bench/roundtrip.py --shape production --messages 300

The conversation is with a person, so that the AI agent's work is not measured here; each message is one transaction.
"""

import asyncio
import os
import sys
import time
import uuid
from collections import defaultdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.fanout import bare_server  # noqa: E402 - needs the path
from bench.harness import Http, Stand, begin, options_of, pgbench, redis_benchmark, shapes_of, stand  # noqa: E402 - as above
from bench.report import Table, show, write_json  # noqa: E402 - as above
from bench.sockets import Socket, connect  # noqa: E402 - as above

BARE = "bare websockets echo"
WARM_UP = 5
# A socket may send 240 frames a minute, so a long run takes several customers.
MESSAGES_A_CUSTOMER = 150
PATIENCE_SECONDS = 20.0
INSERT = "INSERT INTO bench_message (ticket, sequence, body) VALUES (1, 1, repeat('a message of some length ', 4));\n"


class Conversation:
    """A customer in two tabs and a member of staff who looks on."""

    def __init__(self, place: Stand, facts: dict[str, Any]) -> None:
        self.place, self.facts = place, facts
        self.ticket = ""

    async def open(self) -> None:
        """Open a session, write once, pass the ticket to a person, and open the other two sockets."""
        answer = Http(self.place.http).json("/widget/session", method="POST", body={"brand": "bench"})
        self.session = answer["session"]
        self.first = await self._widget()
        ack = await self._say("I need a person.", self.first)
        self.ticket = ack["ticket"]
        passed = self.first.next(lambda frame: frame["type"] == "ticket" and frame["ticket"]["handler"] == "person")
        self.first.send({"type": "person", "ticket": self.ticket})
        await asyncio.wait_for(passed, PATIENCE_SECONDS)
        self.second = await self._widget()
        self.staff = await connect(self.place.ws, "/ws/inbox/", cookie=self.facts["cookie"])
        self.staff.send({"type": "watch", "ticket": self.ticket})
        await asyncio.sleep(1)

    async def _widget(self) -> Socket:
        socket = await connect(self.place.ws, "/ws/widget/")
        welcome = socket.next(lambda frame: frame["type"] == "welcome")
        socket.send({"type": "hello", "session": self.session, "ticket": self.ticket or None, "after": 0})
        await asyncio.wait_for(welcome, PATIENCE_SECONDS)
        return socket

    async def _say(self, text: str, socket: Socket) -> dict[str, Any]:
        client_id = str(uuid.uuid4())
        ack = socket.next(lambda frame: frame.get("client_id") == client_id)
        socket.send({"type": "message", "client_id": client_id, "ticket": self.ticket or None, "text": text})
        return await asyncio.wait_for(ack, PATIENCE_SECONDS)

    async def measure(self) -> dict[str, float]:
        """Send a message; gives the seconds until each of the three knew of it."""
        client_id = str(uuid.uuid4())
        started = time.perf_counter()

        async def seconds(waited: "asyncio.Future[dict[str, Any]]") -> float:
            frame = await asyncio.wait_for(waited, PATIENCE_SECONDS)
            assert frame["type"] != "error", frame
            return time.perf_counter() - started

        acknowledged = seconds(self.first.next(lambda frame: frame.get("client_id") == client_id))
        shown = seconds(self.second.next(lambda f: f["type"] == "message" and f["message"]["client_id"] == client_id))
        rung = seconds(self.staff.next(lambda frame: frame["type"] == "message" and frame["ticket"] == self.ticket))
        self.first.send({"type": "message", "client_id": client_id, "ticket": self.ticket, "text": "And another line."})
        found = await asyncio.gather(acknowledged, shown, rung)
        return dict(zip(("acknowledged", "shown in the second tab", "rung at the staff's page"), found, strict=True))

    def close(self) -> None:
        """Hang up."""
        for socket in (self.first, self.second, self.staff):
            socket.close()


async def echo(socket: Socket) -> float:
    """Measure the yardstick once."""
    wish = str(uuid.uuid4())
    answer = socket.next(lambda frame: frame.get("echo") == wish)
    started = time.perf_counter()
    socket.send({"echo": wish})
    await asyncio.wait_for(answer, PATIENCE_SECONDS)
    return time.perf_counter() - started


async def compare(
    place: Stand, facts: dict[str, Any], bare: int, messages: int
) -> tuple[dict[str, list[float]], float]:
    """Measure product and yardstick, turn by turn; gives the times and the servers' processor seconds a message."""
    times: dict[str, list[float]] = defaultdict(list)
    echoing = await connect(bare, "/")
    spent = 0.0
    left = messages
    while left > 0:
        conversation = Conversation(place, facts)
        await conversation.open()
        for number in range(WARM_UP + min(left, MESSAGES_A_CUSTOMER)):
            before = place.cpu_seconds()
            found = await conversation.measure()
            if number >= WARM_UP:
                spent += place.cpu_seconds() - before
                times[BARE].append(await echo(echoing))
                for name, seconds in found.items():
                    times[name].append(seconds)
        left -= MESSAGES_A_CUSTOMER
        conversation.close()
    echoing.close()
    return times, spent / messages


def services() -> Table:
    """Measure what carries the production shape, alone: one client, one after the other."""
    import psycopg

    url = os.environ["DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS bench_message (id bigserial PRIMARY KEY, ticket int, sequence int, body text)"
        )
        connection.execute("TRUNCATE bench_message")
        row = connection.execute("SHOW fsync").fetchone()
    table = Table("What a message stands on, one client")
    insert = pgbench(url, "-c", "1", script=INSERT)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP TABLE bench_message")
    table.times("pgbench, one-row insert (mean)", [insert["latency"]], note=f"fsync {row[0] if row else '?'}")
    for test, name in (("PING_MBULK", "redis-benchmark PING"), ("PUBLISH bench x", "redis-benchmark PUBLISH")):
        found = redis_benchmark(test)[test]
        table.times(name, [found["p50"]], note=f"{found['rps']:,.0f} per s")
    return table


def main() -> None:
    """Measure each shape."""
    parser = options_of(__doc__)
    parser.add_argument("--messages", type=int, default=150)
    options = begin(parser)
    found = []
    for shape in shapes_of(options.shape):
        with stand(shape) as place, bare_server() as bare:
            facts = place.prepare(0)
            place.start()
            times, cpu = asyncio.run(compare(place, facts, bare, options.messages))
            table = Table(f"A customer's message, {place.title}")
            for name, seconds in times.items():
                note = f"{cpu * 1000:.1f} ms CPU of the servers a message" if name == "acknowledged" else ""
                table.times(name, seconds, against="" if name == BARE else BARE, note=note)
            found.append(show(table))
        if shape == "production":
            found.append(show(services()))
    write_json(options.json, "roundtrip", found)


if __name__ == "__main__":
    main()
