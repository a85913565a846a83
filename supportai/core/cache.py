"""The cache in Redis, which may go away: each process then goes on with a small cache of its own."""

import time
from typing import Any

import structlog
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

# How long Redis is left alone after it failed, so that a dead one costs a page one time-out, not one a counter.
SILENT_SECONDS = 1.0


class LastingRedisCache(RedisCache):
    """Django's own; while Redis fails, what would be in it is kept in this process.

    So limits and lock-outs go on, counted by process as without Redis, and nobody is refused because a counter is gone.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._own = LocMemCache("redis-is-away", params)
        self._silent_until = 0.0

    def _ask(self, method: str, *args: Any, **options: Any) -> Any:
        if time.monotonic() >= self._silent_until:
            try:
                return getattr(super(), method)(*args, **options)
            except RedisError as exc:
                self._silent_until = time.monotonic() + SILENT_SECONDS
                log.warning("cache.redis_is_away", error=type(exc).__name__)
        return getattr(self._own, method)(*args, **options)

    def add(self, *args: Any, **options: Any) -> Any:
        return self._ask("add", *args, **options)

    def get(self, *args: Any, **options: Any) -> Any:
        return self._ask("get", *args, **options)

    def set(self, *args: Any, **options: Any) -> Any:
        return self._ask("set", *args, **options)

    def touch(self, *args: Any, **options: Any) -> Any:
        return self._ask("touch", *args, **options)

    def delete(self, *args: Any, **options: Any) -> Any:
        return self._ask("delete", *args, **options)

    def get_many(self, *args: Any, **options: Any) -> Any:
        return self._ask("get_many", *args, **options)

    def has_key(self, *args: Any, **options: Any) -> Any:
        return self._ask("has_key", *args, **options)

    def incr(self, *args: Any, **options: Any) -> Any:
        return self._ask("incr", *args, **options)

    def set_many(self, *args: Any, **options: Any) -> Any:
        return self._ask("set_many", *args, **options)

    def delete_many(self, *args: Any, **options: Any) -> Any:
        return self._ask("delete_many", *args, **options)
