"""`kill -9` of server and worker at ten points of the refund run: one refund, one ending, no message lost."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from supportai.tests.conftest import demo_identity, has_confirm_card
from supportai.tests.servers import DemoServer, WidgetClient, wait_until

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
Copy = Callable[[Path], DemoServer]


def customer_of(server: DemoServer) -> WidgetClient:
    """Go on as the customer who was asked."""
    state = json.loads((server.data_dir / "customer.json").read_text())
    return WidgetClient(server.url, session=state["session"], ticket=state["ticket"])


def is_resolved(server: DemoServer) -> bool:
    """Tell whether the only ticket that has messages of the widget ended, with nothing left to do."""
    runs = server.rows("select state from tickets_agentrun order by id")
    return server.is_quiet() and runs[-1]["state"] == "completed"


def refunded(server: DemoServer) -> list[int]:
    """List what was given back, a number for each charge that lost money."""
    rows = server.rows("select refunded_cents from integrations_sandboxcharge where refunded_cents > 0")
    return [row["refunded_cents"] for row in rows]


def assert_nothing_lost_or_doubled(messages: list[dict[str, Any]]) -> None:
    sequences = [message["sequence"] for message in messages]
    assert sequences == sorted(set(sequences)), "each sequence number once, in order"
    doubled = [body for body, times in Counter((m["author"], m["body"]) for m in messages).items() if times > 1]
    assert doubled == [], "no message was posted twice"


@pytest.mark.parametrize("point", POINTS)
def test_a_refund_survives_being_killed(point: str, asked_data_dir: Path, copied_server: Copy) -> None:
    server = copied_server(asked_data_dir)
    before = refunded(server)
    server.start(SUPPORTAI_CRASH_AT=point)
    customer = customer_of(server)
    asked = [message["body"] for message in customer.read()]

    customer.say(YES)
    wait_until(server.died, what=f"the process kills itself at {point}\n{server.log_tail()}", seconds=60)
    server.start()
    wait_until(
        lambda: is_resolved(server), what=f"the run ends after a crash at {point}\n{server.log_tail()}", seconds=60
    )

    messages = customer.read()
    bodies = [message["body"] for message in messages]
    assert bodies[: len(asked)] == asked
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
def test_the_question_before_it_survives_too(point: str, seeded_data_dir: Path, copied_server: Copy) -> None:
    server = copied_server(seeded_data_dir)
    server.start(SUPPORTAI_CRASH_AT=point)
    customer = WidgetClient(server.url)
    customer.open(identity=demo_identity(server))
    customer.say("I was charged twice this month")
    wait_until(server.died, what=f"the process kills itself at {point}\n{server.log_tail()}", seconds=90)

    server.start()
    customer.wait_for(has_confirm_card, what="the question is asked after the restart")
    wait_until(server.is_quiet, what="the run is over")
    assert_nothing_lost_or_doubled(customer.read())
    assert [message["author"] for message in customer.messages].count("customer") == 1
    assert refunded(server) == []
