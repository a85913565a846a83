"""Facts and who reacts: `publish()` writes an outbox row, `dispatch()` calls the subscribers.

News travels up the layers only this way. An event class is a frozen dataclass of plain values in an
app's `events.py`; its import path is its name in the outbox.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import F
from django.utils.module_loading import import_string

from supportai.core import clock
from supportai.core.models import OutboxEvent

log = structlog.get_logger(__name__)

Handler = Callable[[Any], None]
_handlers: dict[str, list[Handler]] = defaultdict(list)
# How long a freshly committed event is left to the process that published it before the sweep takes it.
GRACE = timedelta(seconds=2)


def event_name(event_class: type) -> str:
    """Name an event class by its import path."""
    return f"{event_class.__module__}.{event_class.__qualname__}"


def subscribe(event_class: type) -> Callable[[Handler], Handler]:
    """Register a function that reacts to an event; it only enqueues or sends a frame, and is idempotent."""

    def register(handler: Handler) -> Handler:
        _handlers[event_name(event_class)].append(handler)
        return handler

    return register


def publish(event: Any) -> None:
    """Announce a fact: stored with the caller's transaction, dispatched after its commit."""
    row = OutboxEvent.objects.create(
        name=event_name(type(event)), payload=asdict(event), next_attempt_at=clock.now() + GRACE
    )
    transaction.on_commit(lambda: dispatch(row.pk), robust=True)


def load_event(row: OutboxEvent) -> Any:
    """Build the event that a row stores.

    Raises:
        ValueError: the name is not an event class of this code base.
    """
    module = row.name.rpartition(".")[0]
    if not module.endswith(".events"):
        raise ValueError(f"not an event: {row.name}")
    return import_string(row.name)(**row.payload)


def dispatch(event_id: int) -> bool:
    """Call all subscribers of one event; a failure is noted and tried again by the sweep.

    Two processes may both dispatch the same event, since subscribers are idempotent. Returns whether it is done.
    """
    row = OutboxEvent.objects.filter(pk=event_id, dispatched_at__isnull=True).first()
    if row is None:
        return True
    try:
        event = load_event(row)
        for handler in _handlers[row.name]:
            handler(event)
    except Exception as exc:  # any failing subscriber must leave the event to the sweep
        delay = timedelta(seconds=min(2**row.attempts, 300))
        OutboxEvent.objects.filter(pk=row.pk).update(
            attempts=F("attempts") + 1,
            next_attempt_at=clock.now() + delay,
            last_error=f"{type(exc).__name__}: {exc}"[:500],
        )
        log.exception("outbox.subscriber_failed", event_name=row.name, event_id=row.pk)
        return False
    OutboxEvent.objects.filter(pk=row.pk).update(dispatched_at=clock.now())
    return True


def dispatch_waiting(limit: int = 500) -> int:
    """Dispatch what is due and was not dispatched, oldest first; returns how many were done."""
    waiting = (
        OutboxEvent.objects.filter(
            dispatched_at__isnull=True,
            next_attempt_at__lte=clock.now(),
            attempts__lt=OutboxEvent.MAX_ATTEMPTS,
        )
        .order_by("pk")
        .values_list("pk", flat=True)[:limit]
    )
    return sum(dispatch(pk) for pk in list(waiting))


def forget_dispatched(older_than: timedelta = timedelta(days=7)) -> int:
    """Delete dispatched events past their age; returns how many."""
    return OutboxEvent.objects.filter(dispatched_at__lt=clock.now() - older_than).delete()[0]
