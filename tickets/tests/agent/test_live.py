"""What is shown while it is written can be taken back, and stops when the run is not ours."""

import pytest

from tickets.agent.live import Screen, stream_sentences
from tickets.models import AgentRun
from tickets.tests.factories import AgentRunFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def frames(monkeypatch) -> list[dict]:
    sent: list[dict] = []
    monkeypatch.setattr("tickets.agent.live.send_frame", lambda group, frame: sent.append(frame))
    return sent


@pytest.fixture
def run() -> AgentRun:
    return AgentRunFactory(state=AgentRun.State.RUNNING, lease_owner="w")


def test_each_frame_holds_all_that_was_written_so_far(frames, run):
    screen = Screen(run)
    screen.show(["One."])
    screen.show(["One.", "Two."])
    assert [frame["text"] for frame in frames] == ["One.", "One. Two."]
    assert screen.shown == 2


def test_what_is_shown_never_shrinks(frames, run):
    screen = Screen(run)
    screen.show(["One.", "Two."])
    screen.show(["One."])
    assert len(frames) == 1


def test_clearing_discards_once_and_only_what_was_shown(frames, run):
    screen = Screen(run)
    screen.clear()
    assert frames == []
    screen.show(["One."])
    screen.clear()
    screen.clear()
    assert [frame["discard"] for frame in frames] == [False, True]


@pytest.mark.parametrize("change", [{"state": "cancelled"}, {"lease_owner": "somebody else"}])
def test_nothing_is_shown_once_a_person_or_another_worker_has_it(frames, run, change):
    AgentRun.objects.filter(pk=run.pk).update(**change)
    Screen(run).show(["One."])
    assert frames == []


def test_an_answer_that_was_shown_already_goes_on_where_it_was(frames, run):
    stream_sentences(run, ["One.", "Two.", "Three."], after=2)
    assert [frame["text"] for frame in frames] == ["One. Two.", "One. Two. Three."]
    frames.clear()
    stream_sentences(run, ["One.", "Two."])
    assert [frame["text"] for frame in frames] == ["One.", "One. Two."]
