"""`kill -9` at ten points of the refund run: one refund, one ending, no message lost.

Embedded, the server dies with its worker and is started again; in production shape the other worker goes on.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from supportai.tests.conftest import CHARGED_TWICE, MakeServer, demo_identity, has_confirm_card
from supportai.tests.servers import Deployment, Server, wait_until
from supportai.tests.widget_client import WidgetClient

POINTS = [
    "run.claimed",
    "step.journalled",
    "act.before",
    "act.sent",
    "act.called",
    "act.recorded",
    "answer.before_post",
    "answer.posted",
    "resolve.before",
    "run.before_finish",
]
YES = "yes, please refund it"


def customer_of(server: Server) -> WidgetClient:
    """Go on as the customer who was asked."""
    state = json.loads((server.data_dir / "customer.json").read_text())
    return WidgetClient(server.url, session=state["session"], ticket=state["ticket"])


def is_resolved(server: Server) -> bool:
    """Tell whether the only ticket that has messages of the widget ended, with nothing left to do."""
    runs = server.rows("select state from tickets_agentrun order by id")
    return server.is_quiet() and runs[-1]["state"] == "completed"


def story(server: Server) -> str:
    """Tell what became of the work, for who reads why a test failed."""
    runs = server.rows("select * from tickets_agentrun order by id")
    waiting = server.rows("select * from supportai_outboxevent where dispatched_at is null")
    return f"runs: {runs}\nevents: {waiting}\ntasks: {server.queue_length()}\n{server.log_tail()}"


def refunded(server: Server) -> list[int]:
    """List what was given back, a number for each charge that lost money."""
    rows = server.rows("select refunded_cents from integrations_sandboxcharge where refunded_cents > 0")
    return [row["refunded_cents"] for row in rows]


def assert_nothing_lost_or_doubled(messages: list[dict[str, Any]]) -> None:
    sequences = [message["sequence"] for message in messages]
    assert sequences == sorted(set(sequences)), "each sequence number once, in order"
    doubled = [body for body, times in Counter((m["author"], m["body"]) for m in messages).items() if times > 1]
    assert doubled == [], "no message was posted twice"


def go_on(server: Server) -> None:
    """Leave the work to the worker that is left, or start the only one again."""
    if isinstance(server, Deployment):
        assert [kind for kind, _index in server.dead()] == ["worker"], "one worker died, nobody else"
    else:
        server.start()


@pytest.mark.parametrize("point", POINTS)
def test_a_refund_survives_being_killed(point: str, asked: Path, new_server: MakeServer) -> None:
    server = new_server(asked, web=0, workers=2)
    before = refunded(server)
    server.start(SUPPORTAI_CRASH_AT=point)
    customer = customer_of(server)
    known = [message["body"] for message in customer.read()]

    customer.say(YES)
    wait_until(server.died, what=f"the process kills itself at {point}\n{server.log_tail()}", seconds=60)
    go_on(server)
    wait_until(lambda: is_resolved(server), what=lambda: f"the run ends\n{story(server)}", seconds=60)

    messages = customer.read()
    bodies = [message["body"] for message in messages]
    assert bodies[: len(known)] == known
    assert bodies.count(YES) == 1
    assert_nothing_lost_or_doubled(messages)
    assert messages[-1]["author"] == "ai_agent"
    assert customer.status == "resolved"
    assert len(refunded(server)) == len(before) + 1, "exactly one refund"
    states = server.rows(
        "select state, count(*) as n from integrations_actionexecution where action = 'sandbox.refund_charge' group by state"
    )
    assert states == [{"state": "succeeded", "n": 1}]


@pytest.mark.parametrize("point", ["step.journalled", "run.before_finish"])
def test_the_question_before_it_survives_too(point: str, seeded: Path, new_server: MakeServer) -> None:
    server = new_server(seeded, web=0, workers=2)
    server.start(SUPPORTAI_CRASH_AT=point)
    customer = WidgetClient(server.url)
    customer.open(identity=demo_identity(server))
    customer.say(CHARGED_TWICE)
    wait_until(server.died, what=f"the process kills itself at {point}\n{server.log_tail()}", seconds=90)

    go_on(server)
    customer.wait_for(has_confirm_card, what="the question is asked after the crash")
    wait_until(server.is_quiet, what="the run is over")
    assert_nothing_lost_or_doubled(customer.read())
    assert [message["author"] for message in customer.messages].count("customer") == 1
    assert refunded(server) == []
