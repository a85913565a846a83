"""The connection to Elasticsearch: time-outs, attempts, who we are, and what is told when it fails."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from urllib.parse import urlsplit, urlunsplit

import structlog
from elastic_transport import TransportError
from elasticsearch import ApiError, Elasticsearch

from knowledge.errors import SearchUnavailableError

log = structlog.get_logger(__name__)

# A customer waits for a search; a write has the sweep behind it.
TIMEOUT_SECONDS = 5.0
ATTEMPTS_AGAIN = 1
# Too many requests, and what a proxy says while a node restarts.
STATUSES_AGAIN = (429, 502, 503, 504)
NODE_REST_SECONDS = 5
# It logs every request otherwise.
logging.getLogger("elastic_transport.transport").setLevel(logging.WARNING)
DEFAULT_PORTS = {"http": 9200, "https": 443}
MISSING = 404
# How reading the answer of something else, such as a proxy's, breaks.
UNREADABLE = (AttributeError, KeyError, IndexError, TypeError, ValueError)


class IndexGoneError(SearchUnavailableError):
    """The alias or index is not there (any more); it is made again and the call repeated."""


@cache
def client_for(urls: str) -> Elasticsearch:
    """Give this process's client; nothing is sent yet.

    :param urls: One address or several of one cluster, with commas; `https://name:password@host` logs in with a
        password. `ELASTIC_API_KEY` in the environment (and `ELASTIC_API_KEY_ID`) is used in place of one.
    """
    return Elasticsearch(
        [_with_port(url.strip()) for url in urls.split(",") if url.strip()],
        api_key=_api_key(),
        request_timeout=TIMEOUT_SECONDS,
        max_retries=ATTEMPTS_AGAIN,
        retry_on_timeout=True,
        retry_on_status=STATUSES_AGAIN,
        # A node that refused is asked again soon: with one node there is no other to turn to.
        dead_node_backoff_factor=1.0,
        max_dead_node_backoff=NODE_REST_SECONDS,
    )


def _api_key() -> str | tuple[str, str] | None:
    key, key_id = os.environ.get("ELASTIC_API_KEY", ""), os.environ.get("ELASTIC_API_KEY_ID", "")
    if key and key_id:
        return (key_id, key)
    return key or None


def _with_port(url: str) -> str:
    """Add the port that the client insists on."""
    parts = urlsplit(url)
    if parts.port is None and parts.scheme in DEFAULT_PORTS:
        parts = parts._replace(netloc=f"{parts.netloc}:{DEFAULT_PORTS[parts.scheme]}")
    return urlunsplit(parts)


@contextmanager
def reported() -> Iterator[None]:
    """Turn what the client raises into `SearchUnavailableError`, and log its kind only.

    The error's own text and cause are left out on purpose: a refused request quotes what the customer wrote.

    Raises:
        SearchUnavailableError: Elasticsearch did not answer, or refused.
        IndexGoneError: it says that the index is not there.
    """
    try:
        yield
    except ApiError as exc:
        raise refusal(exc.status_code, exc.error) from None
    except TransportError as exc:
        log.warning("search.unreachable", kind=type(exc).__name__)
        raise SearchUnavailableError(f"Elasticsearch does not answer ({type(exc).__name__}).") from None
    except UNREADABLE as exc:
        log.warning("search.unreadable", kind=type(exc).__name__)
        raise SearchUnavailableError("What answers in Elasticsearch's place cannot be understood.") from None


def refusal(status: int, kind: str) -> SearchUnavailableError:
    """Make the error of a refused request, and log its kind only."""
    if status == MISSING:
        return IndexGoneError("The search index is missing.")
    log.warning("search.refused", status=status, kind=kind)
    return SearchUnavailableError(f"Elasticsearch answers with status {status} ({kind}).")
