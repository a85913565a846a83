"""Rate limits in fixed windows, counted in the cache: per process when embedded, for all of them with Redis."""

from django.core.cache import cache

from supportai.core import clock
from supportai.core.errors import TooManyRequestsError


def count_against(name: str, who: object, *, limit: int, seconds: int) -> int:
    """Count one use of `name` by `who` in the present window and tell how many are left in it.

    Raises:
        TooManyRequestsError: the window's limit was reached; `retry_after` tells the seconds to its end.
    """
    now = clock.now().timestamp()
    window = int(now // seconds)
    used = _count(f"limit:{name}:{who}:{window}", seconds)
    if used > limit:
        wait = max(1, round((window + 1) * seconds - now))
        raise TooManyRequestsError(f"Too many requests; try again in {wait} seconds.", retry_after=wait)
    return limit - used


def _count(key: str, seconds: int) -> int:
    cache.add(key, 0, timeout=seconds + 1)
    try:
        return int(cache.incr(key))
    except ValueError:
        # The entry was evicted between the two calls.
        cache.set(key, 1, timeout=seconds + 1)
        return 1
