"""What tests of tickets share: announcements and frames that are kept instead of acted on."""

from typing import Any

import pytest

from supportai.core import events as core_events
from tickets import events

ANNOUNCED = (
    events.MessagePosted,
    events.RunQueued,
    events.RunProgressed,
    events.TicketChanged,
    events.TicketResolved,
    events.TicketReopened,
    events.HandoffRequested,
)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was announced, in order; nobody else reacts to it."""
    got: list[Any] = []
    for event_class in ANNOUNCED:
        monkeypatch.setitem(core_events._handlers, core_events.event_name(event_class), [got.append])
    return got


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """The frames that were sent, with their group; no task is started."""
    frames: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr("tickets.subscribers.send_frame", lambda group, frame: frames.append((group, frame)))
    monkeypatch.setattr("tickets.tasks.work_on_run", lambda run_id: None)
    monkeypatch.setattr("tickets.tasks.learn_from_ticket", lambda ticket_id, episode: None)
    return frames
