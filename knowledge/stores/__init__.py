"""Document stores: where passages are searched. They can be rebuilt from our Passage rows at any time."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from knowledge.stores.protocol import PassageStore

SQLITE = "sqlite"
ELASTICSEARCH = "elasticsearch"
KINDS = (SQLITE, ELASTICSEARCH)


def document_store(path: str = "", *, kind: str = "") -> "PassageStore":
    """Give this process's document store, opened at its first use.

    Without a path it is the product's own: in Elasticsearch when `ELASTICSEARCH_URL` is set, else an SQLite file under
    `DATA_DIR`. An evaluation names another place and the kind.

    Raises:
        ValueError: there is no such kind, or its address is not set.
    """
    kind = kind or (ELASTICSEARCH if settings.ELASTICSEARCH_URL and not path else SQLITE)
    if kind not in KINDS:
        raise ValueError(f"There is no store of kind {kind!r}; choose from {', '.join(KINDS)}.")
    if kind == ELASTICSEARCH and not settings.ELASTICSEARCH_URL:
        raise ValueError("Set ELASTICSEARCH_URL to use Elasticsearch.")
    return _open(kind, path or place_of(kind))


def place_of(kind: str, name: str = "") -> str:
    """Say where a store of that kind and name is: its file, or its alias; the nameless one is the local model's."""
    ending = f"-{name}" if name else ""
    if kind == ELASTICSEARCH:
        return f"{settings.ELASTICSEARCH_PREFIX}-passages{ending}"
    return str(Path(settings.DATA_DIR) / f"passages{ending}.sqlite3")


@cache
def _open(kind: str, path: str) -> "PassageStore":
    if kind == ELASTICSEARCH:
        from knowledge.stores.elastic import ElasticPassageStore

        return ElasticPassageStore(path=path)
    from knowledge.stores.embedded import EmbeddedDocumentStore

    return EmbeddedDocumentStore(path=path)
