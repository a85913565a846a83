"""The only wall clock."""

import time
from datetime import UTC, timedelta

import pytest

from supportai.core import clock


def test_now_is_aware_and_in_utc():
    assert clock.now().tzinfo is UTC
    assert abs(clock.now().timestamp() - time.time()) < 1  # noqa: TID251 - what it is compared with
    assert clock.today() == clock.now().date()


def test_moving_ends_with_its_block_even_after_an_error():
    before = clock.now()

    def fail() -> None:
        with clock.moved(timedelta(days=3)):
            assert clock.now() - before >= timedelta(days=3)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert clock.now() - before < timedelta(seconds=5)


def test_moves_add_up():
    before = clock.now()
    with clock.moved(timedelta(hours=1)), clock.moved(timedelta(hours=-2)):
        assert timedelta(minutes=-61) < clock.now() - before < timedelta(minutes=-59)


def test_advance_stays_until_it_is_taken_back():
    before = clock.now()
    clock.advance(timedelta(hours=5))
    try:
        assert clock.now() - before >= timedelta(hours=5)
    finally:
        clock.advance(timedelta(hours=-5))
