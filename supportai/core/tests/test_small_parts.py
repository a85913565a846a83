"""Ids, actors and rate limits."""

from datetime import timedelta

import pytest
from django.core.cache import cache

from supportai.core import clock
from supportai.core.actors import AI_AGENT, SYSTEM, Actor
from supportai.core.errors import TooManyRequestsError
from supportai.core.ids import stable_id
from supportai.core.limits import count_against


def test_the_same_parts_give_the_same_id():
    assert stable_id("ticket", 1, "x") == stable_id("ticket", "1", "x")
    assert stable_id("ticket", 1).version == 5


def test_parts_are_kept_apart():
    assert stable_id("ab", "c") != stable_id("a", "bc")
    assert stable_id("a", "b") != stable_id("b", "a")


def test_actors_are_values():
    assert Actor.staff(3) == Actor("staff", 3)
    assert Actor.contact(3) != Actor.staff(3)
    assert (AI_AGENT.kind, SYSTEM.id) == ("ai_agent", None)


class TestLimits:
    @pytest.fixture(autouse=True)
    def _fresh(self):
        cache.clear()

    def test_up_to_the_limit_nothing_happens(self):
        for _ in range(3):
            count_against("messages", "ana", limit=3, seconds=60)

    def test_over_the_limit_the_wait_is_told(self):
        for _ in range(3):
            count_against("messages", "ana", limit=3, seconds=60)
        with pytest.raises(TooManyRequestsError) as caught:
            count_against("messages", "ana", limit=3, seconds=60)
        assert 1 <= caught.value.extra["retry_after"] <= 60

    def test_the_next_window_starts_anew(self):
        for _ in range(3):
            count_against("messages", "ana", limit=3, seconds=60)
        with clock.moved(timedelta(seconds=61)):
            count_against("messages", "ana", limit=3, seconds=60)

    def test_others_and_other_things_are_not_counted(self):
        count_against("messages", "ana", limit=1, seconds=60)
        count_against("messages", "bo", limit=1, seconds=60)
        count_against("uploads", "ana", limit=1, seconds=60)
