"""Vectors of texts from an OpenAI-compatible endpoint: in batches, with patience for one that is busy.

Wire format: OpenAI API reference, "Create embeddings".
"""

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from integrations.errors import ModelError
from supportai.core.models import JSONDict

BATCH_TEXTS = 64
BATCH_CHARACTERS = 100_000
ATTEMPTS = 4
FIRST_WAIT_SECONDS = 0.25
# An endpoint of OpenAI refuses a text without any letter.
BLANK = "-"
# The models that shorten their vectors on demand; others refuse to be told a length.
SHORTENING = "text-embedding-3"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingEndpoint:
    """Where vectors come from; `base_url` ends before `/embeddings`, the time-out holds for a batch with its retries."""

    base_url: str
    model: str
    dimensions: int
    api_key: str = field(default="", repr=False)
    timeout_seconds: float = 20.0


def embed_texts(endpoint: EmbeddingEndpoint, texts: Sequence[str]) -> list[list[float]]:
    """Give a vector for each text, in their order and as the endpoint made them (n lists of floats, not normalised).

    Raises:
        ModelError: the endpoint gave no vectors, or others than asked for.
    """
    vectors: list[list[float]] = []
    for batch in batches(texts):
        vectors += _embed_batch(endpoint, batch)
    return vectors


def batches(texts: Sequence[str]) -> Iterator[list[str]]:
    """Cut the texts into requests that an endpoint takes: not too many texts, not too much text."""
    batch: list[str] = []
    size = 0
    for text in texts:
        if batch and (len(batch) == BATCH_TEXTS or size + len(text) > BATCH_CHARACTERS):
            yield batch
            batch, size = [], 0
        batch.append(text)
        size += len(text)
    if batch:
        yield batch


def _embed_batch(endpoint: EmbeddingEndpoint, batch: list[str]) -> list[list[float]]:
    ends_at = time.monotonic() + endpoint.timeout_seconds
    for attempt in range(ATTEMPTS):
        try:
            return _vectors(_ask(endpoint, batch, ends_at - time.monotonic()), len(batch))
        except ModelError as exc:
            wait = _wait_seconds(exc, attempt)
            if not _is_passing(exc) or attempt == ATTEMPTS - 1 or time.monotonic() + wait >= ends_at:
                raise
        time.sleep(wait)
    raise AssertionError("the last attempt returns or raises")


def _is_passing(error: ModelError) -> bool:
    return error.reason in {"rate_limited", "unreachable", "cut_off"}


def _wait_seconds(error: ModelError, attempt: int) -> float:
    """Wait as long as the endpoint asked, else longer each time; with chance, so that workers do not come at once."""
    if error.retry_after is not None:
        return error.retry_after
    return float(FIRST_WAIT_SECONDS * 2**attempt * random.uniform(0.75, 1.25))  # noqa: S311 - spreads load, guards nothing


def _ask(endpoint: EmbeddingEndpoint, batch: list[str], seconds: float) -> Any:
    from integrations.services.generators.failures import failure_of
    from integrations.services.generators.transport import exchange

    with exchange(seconds) as wire:
        document, error = _document(endpoint, batch)
    if error is not None or wire.status != HTTPStatus.OK:
        raise failure_of(error, wire, has_chunks=False)
    return document


def _document(endpoint: EmbeddingEndpoint, batch: list[str]) -> tuple[Any, Exception | None]:
    from integrations.services.generators.clients import http_client

    body: JSONDict = {"model": endpoint.model, "input": [text if text.strip() else BLANK for text in batch]}
    if endpoint.model.startswith(SHORTENING):
        body["dimensions"] = endpoint.dimensions
    headers = {"Authorization": f"Bearer {endpoint.api_key}"} if endpoint.api_key else {}
    try:
        with http_client() as client:
            response = client.post(f"{endpoint.base_url.rstrip('/')}/embeddings", json=body, headers=headers)
            return (response.json() if response.is_success else None), None
    except Exception as exc:  # noqa: BLE001 - the wire, the address and the JSON break in ways of their own
        return None, exc


def _vectors(document: Any, count: int) -> list[list[float]]:
    """Read the vectors; they may come in any order, and each says whose it is.

    Raises:
        ModelError: empty: there are none; malformed: they are not what was asked for.
    """
    data = document.get("data") if isinstance(document, dict) else None
    if not isinstance(data, list):
        raise ModelError("malformed", "The endpoint's answer holds no vectors.")
    if not data:
        raise ModelError("empty", "The endpoint gave no vector.")
    found = {item.get("index"): item.get("embedding") for item in data if isinstance(item, dict)}
    vectors = [found.get(index) for index in range(count)]
    if len(data) != count or not all(_is_vector(vector) for vector in vectors):
        raise ModelError("malformed", f"The endpoint gave {len(data)} vectors for {count} texts, or no numbers.")
    return [[float(value) for value in vector] for vector in vectors if vector is not None]


def _is_vector(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(type(number) in {int, float} for number in value)
