"""Rate limits: counted by who and what, and over when the window is."""

from datetime import timedelta

import pytest
from django.core.cache import cache

from supportai.core import clock
from supportai.core.errors import TooManyRequestsError
from supportai.core.limits import count_against

MINUTE = 60


@pytest.fixture(autouse=True)
def _empty_cache():
    cache.clear()


def use(who: object = "ana", name: str = "message") -> None:
    count_against(name, who, limit=2, seconds=MINUTE)


def test_uses_up_to_the_limit_pass_and_the_next_one_is_told_how_long_to_wait():
    use()
    use()
    with pytest.raises(TooManyRequestsError) as caught:
        use()
    assert 1 <= caught.value.extra["retry_after"] <= MINUTE


def test_others_and_other_things_are_counted_apart():
    use()
    use()
    use(who="ben")
    use(name="upload")


def test_a_new_window_begins_from_nothing():
    use()
    use()
    with clock.moved(timedelta(seconds=MINUTE)):
        use()


def test_an_entry_that_was_evicted_counts_again(monkeypatch):
    monkeypatch.setattr(cache, "add", lambda *args, **kwargs: False)
    use()
    monkeypatch.undo()
    use()
    with pytest.raises(TooManyRequestsError):
        use()


def test_without_the_counter_customers_are_let_through(monkeypatch):
    def gone(*_args, **_kwargs):
        raise ValueError

    monkeypatch.setattr(cache, "incr", gone)
    for _ in range(5):
        use()
