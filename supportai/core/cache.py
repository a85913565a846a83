"""The cache in Redis, which may go away: what it held is then forgotten, and nobody is refused for it."""

import time
from collections.abc import Callable
from typing import Any

import structlog
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

# How long Redis is left alone after it failed, so that a dead one costs a page one time-out, not one a counter.
SILENT_SECONDS = 1.0


class ForgetfulRedisCache(RedisCache):
    """Django's own, but an error of Redis is a miss.

    A customer who cannot write because a counter is gone is worse than one who writes too much meanwhile.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = _ForgetfulClient


class _ForgetfulClient(RedisCacheClient):
    """Answers as an empty cache would while Redis is away."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._silent_until = 0.0

    def _or(self, miss: Any, ask: Callable[..., Any], *args: Any, **options: Any) -> Any:
        if time.monotonic() < self._silent_until:
            return miss
        try:
            return ask(*args, **options)
        except RedisError as exc:
            self._silent_until = time.monotonic() + SILENT_SECONDS
            log.warning("cache.redis_is_away", error=type(exc).__name__)
            return miss

    def add(self, *args: Any, **options: Any) -> Any:
        return self._or(False, super().add, *args, **options)

    def get(self, key: Any, default: Any) -> Any:
        return self._or(default, super().get, key, default)

    def set(self, *args: Any, **options: Any) -> Any:
        return self._or(None, super().set, *args, **options)

    def touch(self, *args: Any, **options: Any) -> Any:
        return self._or(False, super().touch, *args, **options)

    def delete(self, *args: Any, **options: Any) -> Any:
        return self._or(False, super().delete, *args, **options)

    def get_many(self, *args: Any, **options: Any) -> Any:
        return self._or({}, super().get_many, *args, **options)

    def has_key(self, *args: Any, **options: Any) -> Any:
        return self._or(False, super().has_key, *args, **options)

    def incr(self, key: Any, delta: int) -> Any:
        """Count on.

        Raises:
            ValueError: the key is not there, as in every cache of Django; so it is while Redis is away.
        """
        counted = self._or(None, super().incr, key, delta)
        if counted is None:
            raise ValueError(f"Key '{key}' not found.")
        return counted

    def set_many(self, *args: Any, **options: Any) -> Any:
        return self._or(None, super().set_many, *args, **options)

    def delete_many(self, *args: Any, **options: Any) -> Any:
        return self._or(None, super().delete_many, *args, **options)
