"""Sweeps: every one is called, one that fails stops nobody."""

import pytest

from supportai.core import sweeps


@pytest.fixture
def registry(monkeypatch):
    found: list = []
    monkeypatch.setattr(sweeps, "_sweeps", found)
    monkeypatch.setattr(sweeps, "close_old_connections", lambda: None)
    return found


def test_registering_twice_sweeps_once(registry):
    calls = []

    def due() -> None:
        calls.append(1)

    assert sweeps.sweep(due) is due
    sweeps.sweep(due)
    sweeps.run_sweeps()
    assert calls == [1]


def test_a_failing_sweep_does_not_stop_the_others(registry):
    calls = []

    @sweeps.sweep
    def broken() -> None:
        calls.append("broken")
        raise RuntimeError

    @sweeps.sweep
    def fine() -> None:
        calls.append("fine")

    sweeps.run_sweeps()
    sweeps.run_sweeps()
    assert calls == ["broken", "fine"] * 2


def test_the_outbox_is_swept():
    from supportai.core.events import dispatch_waiting

    assert dispatch_waiting in sweeps._sweeps
