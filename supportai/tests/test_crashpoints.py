"""The crash points: silent unless named, and each fires once per data folder."""

import os
import signal

import pytest

from supportai.core.crashpoints import crashpoint


@pytest.fixture
def kills(monkeypatch, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    sent = []
    monkeypatch.setattr(os, "kill", lambda pid, number: sent.append((pid, number)))
    return sent


def test_nothing_happens_when_no_point_is_named(kills, settings):
    settings.CRASH_AT = ""
    crashpoint("act.sent")
    assert kills == []


def test_another_point_does_not_fire(kills, settings):
    settings.CRASH_AT = "act.called"
    crashpoint("act.sent")
    assert kills == []


def test_the_named_point_kills_this_process_without_a_chance_to_clean_up(kills, settings):
    settings.CRASH_AT = "act.sent"
    crashpoint("act.sent")
    assert kills == [(os.getpid(), signal.SIGKILL)]


def test_the_restarted_process_gets_past_the_point(kills, settings):
    settings.CRASH_AT = "act.sent"
    crashpoint("act.sent")
    crashpoint("act.sent")
    assert len(kills) == 1


def test_a_process_that_is_no_demo_cannot_be_told_to_crash(monkeypatch):
    from supportai.settings.env import Environment

    monkeypatch.setenv("SUPPORTAI_CRASH_AT", "act.sent")
    monkeypatch.delenv("SUPPORTAI_DEMO", raising=False)
    environment = Environment()
    assert environment.crash_at == "act.sent"
    assert not environment.demo
