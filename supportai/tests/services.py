"""A place of its own in shared services: a database, Redis keys and search indexes for each deployment of a test."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch
    from psycopg import Connection
    from redis import Redis

SERVICES = ("DATABASE_URL", "REDIS_URL", "ELASTICSEARCH_URL")


@dataclass(frozen=True, slots=True)
class Place:
    """Names that nobody else uses in the services of the environment."""

    name: str = field(default_factory=lambda: f"test-{uuid.uuid4().hex[:12]}")

    @property
    def database_url(self) -> str:
        """Give the address of its database."""
        return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{self.name}").geturl()

    @property
    def environment(self) -> dict[str, str]:
        """Give what its processes have to be told."""
        return {
            "DATABASE_URL": self.database_url,
            "REDIS_URL": os.environ["REDIS_URL"],
            "ELASTICSEARCH_URL": os.environ["ELASTICSEARCH_URL"],
            "SUPPORTAI_REDIS_PREFIX": self.name,
            "SUPPORTAI_ELASTICSEARCH_PREFIX": self.name,
        }

    def create(self, template: "Place | None" = None) -> None:
        """Make the database: empty, or with the indexes as a copy of another place that nobody uses now."""
        source = f' TEMPLATE "{template.name}"' if template else ""
        with _any_database() as connection:
            connection.execute(f'CREATE DATABASE "{self.name}"{source}')
        if template:
            self._copy_indexes(template)

    def drop(self) -> None:
        """Remove everything, whoever is connected still."""
        with _any_database() as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')
        self.flush_redis()
        with _search() as client:
            for index in _indexes(client, self.name):
                client.indices.delete(index=index)

    def rows(self, query: str, *parameters: object) -> list[dict[str, Any]]:
        """Read from the database; `?` stands for a parameter, as in SQLite."""
        import psycopg
        from psycopg.rows import dict_row

        with psycopg.connect(self.database_url, row_factory=dict_row) as connection:
            return connection.execute(query.replace("?", "%s"), parameters or None).fetchall()

    def end_connections(self) -> int:
        """End every connection to the database, as its restart would; returns how many there were."""
        query = "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = %s"
        with _any_database() as connection:
            row = connection.execute(query, [self.name]).fetchone()
        return int(row[0]) if row else 0

    def queue_length(self) -> int:
        """Count the tasks that wait, those for later included."""
        name = self.name.replace("-", "")
        with _redis() as client:
            waiting = client.llen(f"huey.redis.{name}")
            later = client.zcard(f"huey.schedule.{name}")
        return int(waiting) + int(later)

    def redis_keys(self) -> list[bytes]:
        """List what is kept in Redis under its prefix."""
        with _redis() as client:
            return [*client.scan_iter(f"*{self.name}*"), *client.scan_iter(f"huey.*.{self.name.replace('-', '')}")]

    def flush_redis(self) -> None:
        """Forget everything in Redis that is its own: what FLUSHDB does to a deployment that has Redis for itself."""
        keys = self.redis_keys()
        with _redis() as client:
            if keys:
                client.delete(*keys)

    def indexed_passages(self) -> int:
        """Count the documents that search finds."""
        with _search() as client:
            client.indices.refresh(index=f"{self.name}-*")
            return int(client.count(index=f"{self.name}-*")["count"])

    def _copy_indexes(self, template: "Place") -> None:
        with _search() as client:
            for index, entry in _indexes(client, template.name).items():
                client.indices.put_settings(index=index, settings={"index.blocks.write": True})
                aliases = {name.replace(template.name, self.name): body for name, body in entry["aliases"].items()}
                target = index.replace(template.name, self.name)
                client.indices.clone(index=index, target=target, settings={"index.blocks.write": None}, aliases=aliases)


@contextmanager
def _any_database() -> Iterator["Connection[Any]"]:
    """Connect to the database that every server has, outside a transaction."""
    import psycopg

    url = urlsplit(os.environ["DATABASE_URL"])._replace(path="/postgres").geturl()
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


@contextmanager
def _redis() -> Iterator["Redis"]:
    from redis import Redis

    client = Redis.from_url(os.environ["REDIS_URL"])
    try:
        yield client
    finally:
        client.close()


@contextmanager
def _search() -> Iterator["Elasticsearch"]:
    from elasticsearch import Elasticsearch

    client = Elasticsearch(os.environ["ELASTICSEARCH_URL"], request_timeout=30)
    try:
        yield client
    finally:
        client.close()


def _indexes(client: "Elasticsearch", prefix: str) -> dict[str, Any]:
    found: dict[str, Any] = client.indices.get(index=f"{prefix}-*", allow_no_indices=True).body
    return found
