"""Several servers and workers over real services: who hears what, who counts, what a lost Redis costs, how work ends."""

import json
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from websockets.sync.client import ClientConnection, connect

from supportai.core import clock
from supportai.tests.conftest import LOGS, new_deployment
from supportai.tests.front import Line
from supportai.tests.servers import Deployment, wait_until
from supportai.tests.services import SERVICES
from supportai.tests.widget_client import WidgetClient

pytestmark = pytest.mark.live(*SERVICES)

QUESTION = "How do I invite a new member to my team?"
# Longer than any step takes on a busy machine, so that a run which was claimed twice was claimed wrongly.
ENVIRONMENT = {"SUPPORTAI_LEASE_SECONDS": "30", "SUPPORTAI_WIDGET_MESSAGES_PER_MINUTE": "12"}


@pytest.fixture(scope="module")
def line() -> Iterator[Line]:
    """The only way to Redis that the deployment knows."""
    address = urlsplit(os.environ["REDIS_URL"])
    line = Line(address.hostname or "127.0.0.1", address.port or 6379)
    yield line
    line.stop()


@pytest.fixture(scope="module")
def started(seeded_production: Path, tmp_path_factory: pytest.TempPathFactory, line: Line) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("production") / "data"
    shutil.copytree(seeded_production, folder, ignore=LOGS)
    through = urlsplit(os.environ["REDIS_URL"])._replace(netloc=f"127.0.0.1:{line.port}").geturl()
    numbers = {"web": 2, "sockets": 2, "workers": 2}
    deployment = new_deployment(
        folder, template=seeded_production, environment=ENVIRONMENT | {"REDIS_URL": through}, **numbers
    )
    yield deployment
    deployment.remove()


@pytest.fixture
def server(started: Deployment) -> Deployment:
    """Two of each, all alive, with nothing to do."""
    started.start()
    wait_until(started.is_quiet, what=lambda: f"nothing is left to do\n{started.log_tail()}", seconds=60)
    return started


def visitor(server: Deployment, url: str = "") -> WidgetClient:
    customer = WidgetClient(url or server.url)
    customer.open()
    return customer


def same_customer(customer: WidgetClient, url: str) -> WidgetClient:
    """Give another tab, at a certain server."""
    return WidgetClient(url, session=customer.session, ticket=customer.ticket)


@contextmanager
def socket_of(customer: WidgetClient, url: str) -> Iterator[ClientConnection]:
    """Open a customer's websocket at a certain server, up to its welcome."""
    with connect(f"{url.replace('http', 'ws')}/ws/widget/", open_timeout=20) as socket:
        hello = {"v": 1, "type": "hello", "session": customer.session, "ticket": customer.ticket, "after": 0}
        socket.send(json.dumps(hello))
        assert json.loads(socket.recv(timeout=20))["type"] == "welcome"
        yield socket


def heard(socket: ClientConnection, author: str, *, seconds: float = 60) -> str:
    """Give the next message of an author that comes as a frame."""
    deadline = time.monotonic() + seconds
    while True:
        frame = json.loads(socket.recv(timeout=deadline - time.monotonic()))
        if frame["type"] == "message" and frame["message"]["author"] == author:
            return str(frame["message"]["body"])


def is_taken(customer: WidgetClient, text: str) -> bool:
    """Send, and tell whether that was not too many."""
    try:
        customer.say(text)
    except AssertionError as exc:
        if "429" in str(exc):
            return False
        raise
    return True


def is_answered(messages: list[dict[str, object]]) -> bool:
    return bool(messages) and messages[-1]["author"] == "ai_agent"


# ---- who hears what ----


def test_frames_of_wsgi_processes_and_workers_reach_the_sockets_of_every_server(server: Deployment) -> None:
    customer = visitor(server)
    customer.say(QUESTION)
    customer.wait_for(is_answered, what="the first answer", seconds=90)
    wait_until(server.is_quiet, what="the first answer has rung")
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket_of(customer, server.url_of("sockets", index))) for index in range(2)]
        same_customer(customer, server.url_of("web", 1)).say("And how do I remove somebody again?")
        assert [heard(socket, "customer") for socket in sockets] == ["And how do I remove somebody again?"] * 2
        first, second = [heard(socket, "ai_agent") for socket in sockets]
        assert first == second != ""


def test_a_long_poll_in_one_process_is_woken_by_a_message_that_another_stores(server: Deployment) -> None:
    customer = visitor(server)
    customer.say("Please let me talk to a person")
    customer.wait_for(is_answered, what="it is confirmed")
    wait_until(server.is_quiet, what="nothing else comes")
    waiting = same_customer(customer, server.url_of("sockets", 0))
    known = len(waiting.read())
    with ThreadPoolExecutor(1) as pool:
        started = time.monotonic()
        poll = pool.submit(waiting.read, wait=25)
        time.sleep(1)
        assert not poll.done(), "there is nothing to say yet"
        same_customer(customer, server.url_of("web", 0)).say("Are you there?")
        assert poll.result(timeout=30)[known]["body"] == "Are you there?"
        assert time.monotonic() - started < 15, "it was woken, and did not only run out"


def test_a_limit_counts_what_all_processes_were_sent(server: Deployment) -> None:
    def refusals() -> tuple[bool, list[int]]:
        """Send 13 messages by turns to two processes; tell whether a minute was enough, and which were refused."""
        customer, minute = visitor(server), clock.now().minute
        refused = []
        for number in range(13):
            one = same_customer(customer, server.url_of("web", number % 2))
            if not is_taken(one, f"Message {number}"):
                refused.append(number)
            customer.ticket = one.ticket
        return clock.now().minute == minute, refused

    is_one_minute, refused = refusals()
    if not is_one_minute:
        is_one_minute, refused = refusals()
    assert is_one_minute
    assert refused == [12], "each of the two had seen only seven"


# ---- many at once ----


def test_a_burst_is_answered_once_each_without_holes_by_two_workers(server: Deployment) -> None:
    customers = [visitor(server) for _ in range(10)]

    def write(customer: WidgetClient) -> None:
        for number in range(5):
            customer.say(f"{QUESTION} I asked {number} times before.", patience_seconds=20)

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(write, customers))
    for customer in customers:
        customer.wait_for(is_answered, what=f"an answer\n{server.log_tail()}", seconds=120)
    wait_until(server.is_quiet, what="nothing is left to do", seconds=90)
    for customer in customers:
        assert_every_message_was_answered_once(server, str(customer.ticket))


def assert_every_message_was_answered_once(server: Deployment, ticket: str) -> None:
    said = server.rows(
        "select m.sequence, m.author, m.run_id from tickets_message m join tickets_ticket t on t.id = m.ticket_id "
        "where t.public_id::text = ? order by m.sequence",
        ticket,
    )
    runs = server.rows(
        "select r.id, r.attempts, r.input_sequence from tickets_agentrun r join tickets_ticket t on t.id = r.ticket_id "
        "where t.public_id::text = ? order by r.id",
        ticket,
    )
    asked = [row["sequence"] for row in said if row["author"] == "customer"]
    answers = [row["run_id"] for row in said if row["author"] == "ai_agent"]
    assert [row["sequence"] for row in said] == list(range(1, len(said) + 1))
    assert len(asked) == 5
    assert answers == [run["id"] for run in runs], "each run answered once, in order"
    assert {run["attempts"] for run in runs} == {1}, "no run was ever worked on by two"
    assert runs[-1]["input_sequence"] >= asked[-1], "the last question was read"


# ---- Redis goes away ----


def test_a_flushed_queue_costs_a_delay_and_no_work(server: Deployment) -> None:
    for index in range(2):
        server.kill("worker", index)
    customer = visitor(server)
    customer.say(QUESTION)
    assert server.queue_length() > 0, "the task waits in Redis"
    server.place.flush_redis()
    assert server.queue_length() == 0
    server.start()
    customer.wait_for(is_answered, what=lambda: f"the sweep found the run\n{server.log_tail()}", seconds=60)
    assert [message["author"] for message in customer.messages] == ["customer", "ai_agent"]


def test_while_redis_is_away_messages_are_taken_and_answered_when_it_is_back(server: Deployment, line: Line) -> None:
    before, during = visitor(server), visitor(server)
    before.say(QUESTION)
    line.cut()
    try:
        server.place.flush_redis()
        during.say(QUESTION)
        assert during.read()[0]["body"] == QUESTION, "it was stored"
        time.sleep(2)
    finally:
        line.resume()
    for customer in (before, during):
        customer.wait_for(is_answered, what=lambda: f"an answer\n{server.log_tail()}", seconds=60)
        assert [message["author"] for message in customer.messages] == ["customer", "ai_agent"]
    wait_until(server.is_quiet, what="nothing is left to do")
    assert server.dead() == []
    assert all(process.is_running for process in server.processes.values()), "nobody gave up"


def test_sockets_hear_again_after_redis_was_away(server: Deployment, line: Line) -> None:
    customer = visitor(server)
    customer.say(QUESTION)
    customer.wait_for(is_answered, what="the first answer")
    with socket_of(customer, server.url_of("sockets", 0)) as socket:
        line.cut()
        time.sleep(1)
        line.resume()
        with pytest.raises(Exception, match="1012"):
            heard(socket, "nobody", seconds=20)
    with socket_of(customer, server.url_of("sockets", 0)) as socket:
        same_customer(customer, server.url_of("web", 0)).say("Still there?")
        assert heard(socket, "customer", seconds=10) == "Still there?"


# ---- PostgreSQL restarts ----


def test_when_the_database_ends_every_connection_no_request_fails_and_work_goes_on(server: Deployment) -> None:
    customer = visitor(server)
    customer.say(QUESTION)
    customer.wait_for(is_answered, what="the first answer", seconds=90)
    assert server.place.end_connections() >= 4, "servers and workers keep some"
    # Each in a conversation of its own: who asks the same thing again is given to a person.
    for other in [visitor(server) for _ in range(4)]:
        other.say(QUESTION)
        other.wait_for(is_answered, what=lambda: f"an answer\n{server.log_tail()}", seconds=90)
    customer.say("How do I export our data?")
    asked = max(message["sequence"] for message in customer.read() if message["author"] == "customer")
    customer.wait_for(
        lambda messages: is_answered(messages) and messages[-1]["sequence"] > asked,
        what=lambda: f"an answer\n{server.log_tail()}",
        seconds=90,
    )
    wait_until(server.is_quiet, what="nothing is left to do")
    assert server.dead() == []


# ---- how work ends ----


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_worker_that_is_told_to_stop_finishes_what_it_does(server: Deployment, number: signal.Signals) -> None:
    server.kill("worker", 1)
    customer = visitor(server)
    customer.say(QUESTION)
    worker = server.processes["worker", 0]
    wait_until(lambda: states(server, customer) != ["queued"], what="the worker has begun", every=0.01)
    assert worker.stop(number, seconds=60) == 0, worker.log_tail()
    assert states(server, customer) in (["completed"], ["waiting_customer"]), "not left to anybody's lease"
    assert is_answered(customer.read())


def states(server: Deployment, customer: WidgetClient) -> list[str]:
    rows = server.rows(
        "select r.state from tickets_agentrun r join tickets_ticket t on t.id = r.ticket_id where t.public_id::text = ?",
        customer.ticket,
    )
    return [row["state"] for row in rows]


@pytest.mark.parametrize("kind", ["web", "sockets"])
def test_a_server_that_dies_is_passed_over_and_comes_back(server: Deployment, kind: str) -> None:
    server.kill(kind, 0)
    customer = visitor(server)
    customer.say(QUESTION)
    threads = [threading.Thread(target=customer.read) for _ in range(4)]
    for thread in threads:
        thread.start()
        thread.join(timeout=20)
    assert customer.messages[0]["body"] == QUESTION
    server.start_one(kind, 0)
    assert same_customer(customer, server.url_of(kind, 0)).read()[0]["body"] == QUESTION
