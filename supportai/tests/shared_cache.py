"""The Redis cache of test processes that share one database: clearing forgets this process's keys alone."""

from supportai.core.cache import LastingRedisCache


class SharedRedisCache(LastingRedisCache):
    """The product's, but `clear()` does not flush what belongs to others."""

    def clear(self) -> None:
        """Delete the keys that begin with this cache's prefix."""
        client = self._cache.get_client(None, write=True)
        keys = list(client.scan_iter(match=f"{self.key_prefix}:*", count=1000))
        if keys:
            client.delete(*keys)
