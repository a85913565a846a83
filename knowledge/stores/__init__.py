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

    Without a path it is the product's own, of the active retrieval profile: in Elasticsearch when `ELASTICSEARCH_URL` is
    set, else an SQLite file under `DATA_DIR`. An evaluation names another place, and the kind.

    Raises:
        ValueError: there is no such kind, or its address is not set.
    """
    if path:
        return _open(kind_for(kind or SQLITE), path)
    from knowledge.selectors import active_profile

    kind = kind_for(kind)
    return _open(kind, place_of(kind, active_profile().store_name))


def kind_for(kind: str = "") -> str:
    """Check a kind; without one give the kind that the product uses here.

    Raises:
        ValueError: there is no such kind, or its address is not set.
    """
    kind = kind or (ELASTICSEARCH if settings.ELASTICSEARCH_URL else SQLITE)
    if kind not in KINDS:
        raise ValueError(f"There is no store of kind {kind!r}; choose from {', '.join(KINDS)}.")
    if kind == ELASTICSEARCH and not settings.ELASTICSEARCH_URL:
        raise ValueError("Set ELASTICSEARCH_URL to use Elasticsearch.")
    return kind


def place_for(kind: str, path: str, name: str) -> tuple[str, str]:
    """Complete a store's kind and place: a named path as it is (in a file unless it says otherwise), else that of `name`."""
    if path:
        return kind or SQLITE, path
    kind = kind_for(kind)
    return kind, place_of(kind, name)


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
