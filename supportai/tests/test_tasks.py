"""The platform's own queue entries."""

from datetime import timedelta

import pytest

from supportai.core import clock
from supportai.core.models import IdempotentAnswer, OutboxEvent
from supportai.tasks import forget_old_answers, forget_old_events


@pytest.mark.django_db
def test_the_nightly_task_forgets_old_dispatched_events_and_keeps_the_rest():
    old = clock.now() - timedelta(days=8)
    OutboxEvent.objects.create(name="a.events.Old", created_at=old, dispatched_at=old)
    waiting = OutboxEvent.objects.create(name="a.events.Waiting", created_at=old)
    recent = OutboxEvent.objects.create(name="a.events.Recent", dispatched_at=clock.now())
    forget_old_events.call_local()
    assert set(OutboxEvent.objects.all()) == {waiting, recent}


@pytest.mark.django_db
def test_the_nightly_task_forgets_answers_of_yesterday_and_keeps_those_of_today():
    IdempotentAnswer.objects.create(place="a", fingerprint="x", status=201, created_at=clock.now() - timedelta(days=2))
    recent = IdempotentAnswer.objects.create(place="b", fingerprint="x", status=201)
    forget_old_answers.call_local()
    assert set(IdempotentAnswer.objects.all()) == {recent}
