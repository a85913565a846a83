"""The outbox: stored with the transaction, dispatched after it, again after a crash or a failure."""

from datetime import timedelta

import pytest
from django.db import transaction

from supportai.core import clock, events
from supportai.core.models import OutboxEvent
from supportai.core.tests.events import SomethingHappened

pytestmark = pytest.mark.django_db
NAME = "supportai.core.tests.events.SomethingHappened"


@pytest.fixture
def seen(monkeypatch):
    """What subscribers got, with this test's subscribers alone."""
    got: list[SomethingHappened] = []
    monkeypatch.setitem(events._handlers, NAME, [got.append])
    return got


@pytest.fixture
def failing(monkeypatch):
    """A subscriber that fails as long as it says so, beside one that works."""
    state = {"fails": True, "calls": 0, "others": 0}

    def flaky(event):
        state["calls"] += 1
        if state["fails"]:
            raise ConnectionError("queue is away; mail ana@northwind.example")

    def fine(event):
        state["others"] += 1

    monkeypatch.setitem(events._handlers, NAME, [flaky, fine])
    return state


def test_an_event_is_dispatched_after_commit_only(seen, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        events.publish(SomethingHappened(number=1, note="é"))
        assert seen == []
    assert seen == [SomethingHappened(number=1, note="é")]
    assert OutboxEvent.objects.get().dispatched_at is not None


def test_what_is_rolled_back_was_never_announced(seen, django_capture_on_commit_callbacks):

    @transaction.atomic
    def fail() -> None:
        events.publish(SomethingHappened(number=1))
        raise RuntimeError

    with django_capture_on_commit_callbacks(execute=True), pytest.raises(RuntimeError):
        fail()
    assert seen == []
    assert not OutboxEvent.objects.exists()


def test_after_a_crash_between_commit_and_dispatch_the_sweep_does_it(seen):
    events.publish(SomethingHappened(number=1))  # the callbacks of this test's transaction never run
    assert events.dispatch_waiting() == 0, "the publisher gets a moment first"
    with clock.moved(events.GRACE * 2):
        assert events.dispatch_waiting() == 1
        assert events.dispatch_waiting() == 0
    assert seen == [SomethingHappened(number=1)]


def test_events_are_swept_in_their_order(seen):
    for number in range(5):
        events.publish(SomethingHappened(number=number))
    with clock.moved(events.GRACE * 2):
        events.dispatch_waiting(limit=2)
        events.dispatch_waiting()
    assert [event.number for event in seen] == [0, 1, 2, 3, 4]


def test_a_failing_subscriber_is_tried_again_later_each_time(failing, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        events.publish(SomethingHappened(number=1))
    row = OutboxEvent.objects.get()
    assert (row.attempts, row.dispatched_at, failing["calls"]) == (1, None, 1)
    assert row.last_error.startswith("ConnectionError")
    waits = []
    for _ in range(4):
        wait = OutboxEvent.objects.get().next_attempt_at - clock.now()
        waits.append(wait)
        with clock.moved(wait + timedelta(seconds=1)):
            events.dispatch_waiting()
    assert waits == sorted(waits)
    assert failing["calls"] == 5


def test_a_failure_does_not_reach_whoever_published(failing, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        events.publish(SomethingHappened(number=1))
        events.publish(SomethingHappened(number=2))
    assert failing["calls"] == 2


def test_once_the_cause_is_gone_all_subscribers_run(failing):
    events.publish(SomethingHappened(number=1))
    with clock.moved(timedelta(minutes=1)):
        events.dispatch_waiting()
    failing["fails"] = False
    with clock.moved(timedelta(minutes=2)):
        assert events.dispatch_waiting() == 1
    assert failing["others"] == 1


def test_after_twelve_failures_a_person_has_to_look(failing):
    events.publish(SomethingHappened(number=1))
    for hours in range(1, 20):
        with clock.moved(timedelta(hours=hours)):
            events.dispatch_waiting()
    row = OutboxEvent.objects.get()
    assert row.attempts == failing["calls"] == OutboxEvent.MAX_ATTEMPTS
    assert row.dispatched_at is None


def test_dispatching_twice_calls_once(seen):
    events.publish(SomethingHappened(number=1))
    row = OutboxEvent.objects.get()
    assert events.dispatch(row.pk)
    assert events.dispatch(row.pk)
    assert len(seen) == 1


@pytest.mark.parametrize("name", ["os.system", "builtins.eval", "supportai.core.tests.events.Gone", "events", ""])
def test_only_events_are_built_from_the_table(name, seen):
    row = OutboxEvent.objects.create(name=name, payload={})
    assert events.dispatch(row.pk) is False
    row.refresh_from_db()
    assert row.attempts == 1


def test_a_payload_of_an_older_version_is_kept_for_a_person(seen):
    row = OutboxEvent.objects.create(name=NAME, payload={"was": "renamed"})
    assert events.dispatch(row.pk) is False
    row.refresh_from_db()
    assert "TypeError" in row.last_error


def test_dispatched_events_are_forgotten_after_a_week():
    events.publish(SomethingHappened(number=1))
    events.publish(SomethingHappened(number=2))
    done = OutboxEvent.objects.order_by("pk").first()
    events.dispatch(done.pk)
    assert events.forget_dispatched() == 0
    with clock.moved(timedelta(days=8)):
        assert events.forget_dispatched() == 1
    assert OutboxEvent.objects.get().payload["number"] == 2


def test_subscribe_registers_by_import_path(monkeypatch):
    monkeypatch.setitem(events._handlers, NAME, [])
    handler = events.subscribe(SomethingHappened)(lambda event: None)
    assert events._handlers[NAME] == [handler]
