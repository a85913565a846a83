"""A cache whose Redis is away goes on in this process; a Redis that answers is used."""

import os
import uuid

import pytest

from supportai.core import cache as cache_module
from supportai.core.cache import LastingRedisCache
from supportai.tests.servers import free_port


def cache_at(url: str) -> LastingRedisCache:
    options = {"socket_connect_timeout": 1, "socket_timeout": 1}
    return LastingRedisCache(url, {"KEY_PREFIX": f"test-{uuid.uuid4().hex}", "OPTIONS": options})


@pytest.fixture
def away():
    """Give a cache at an address where nothing listens."""
    return cache_at(f"redis://127.0.0.1:{free_port()}/0")


class TestAway:
    def test_what_was_never_written_is_not_there(self, away):
        assert away.get("a", "default") == "default"
        assert away.get_many(["a", "b"]) == {}
        assert "a" not in away
        with pytest.raises(ValueError, match="not found"):
            away.incr("a")

    def test_counters_go_on_in_this_process(self, away):
        assert away.add("n", 0, 30)
        assert not away.add("n", 5, 30)
        assert (away.incr("n"), away.incr("n")) == (1, 2)

    def test_values_are_kept_and_deleted(self, away):
        away.set("a", 1)
        away.set_many({"b": 2})
        assert away.touch("b", 60)
        away.delete_many(["a"])
        assert away.get_many(["a", "b"]) == {"b": 2}
        assert away.delete("b")

    def test_it_is_left_alone_for_a_moment_and_then_asked_again(self, away, monkeypatch):
        asked = []
        monkeypatch.setattr(away._cache, "get_client", lambda *_args, **_options: asked.append(1))
        monkeypatch.setattr(cache_module, "RedisError", AttributeError)  # what the None from above raises
        now = cache_module.time.monotonic()
        monkeypatch.setattr(cache_module.time, "monotonic", lambda: now)
        away.get("a")
        away.get("a")
        assert len(asked) == 1
        monkeypatch.setattr(cache_module.time, "monotonic", lambda: now + cache_module.SILENT_SECONDS)
        away.get("a")
        assert len(asked) == 2


@pytest.mark.live("REDIS_URL")
class TestThere:
    @pytest.fixture
    def there(self):
        return cache_at(os.environ["REDIS_URL"])

    def test_values_are_kept(self, there):
        there.set("a", {"x": 1}, 30)
        assert there.get("a") == {"x": 1}
        assert there.delete("a")
        assert there.get("a") is None

    def test_counters_count(self, there):
        assert there.add("n", 0, 30)
        assert not there.add("n", 5, 30)
        assert (there.incr("n"), there.incr("n")) == (1, 2)

    def test_several_at_once(self, there):
        there.set_many({"a": 1, "b": 2}, 30)
        there.delete_many(["a"])
        assert there.get_many(["a", "b"]) == {"b": 2}
        assert there.touch("b", 60)
        assert there.has_key("b")
