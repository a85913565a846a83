"""Bring document stores back from a pipeline's dump."""

from typing import Any

from knowledge.stores import ELASTICSEARCH, SQLITE, document_store
from knowledge.stores.protocol import PassageStore


def store_from(data: dict[str, Any] | PassageStore) -> PassageStore:
    """Give the store that a `to_dict` described: this process's one for that place."""
    if not isinstance(data, dict):
        return data
    kind = ELASTICSEARCH if data["type"].endswith(".ElasticPassageStore") else SQLITE
    return document_store(data["init_parameters"]["path"], kind=kind)
