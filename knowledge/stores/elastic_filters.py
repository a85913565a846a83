"""Haystack's metadata filters as Elasticsearch queries, with the meaning that filters.py gives them."""

from datetime import datetime
from typing import Any

# Private there, and pinned: the translation belongs to the store that we build on.
from haystack_integrations.document_stores.elasticsearch.filters import _normalize_filters

from knowledge.stores.filters import Filters, to_sql

EVERYTHING: dict[str, Any] = {"match_all": {}}


def to_query(filters: Filters | None) -> dict[str, Any]:
    """Translate a filter; None and {} match everything.

    Raises:
        FilterError: it is malformed, or compares what cannot be ordered.
    """
    if not filters:
        return EVERYTHING
    # Refuses what the embedded store refuses, in the same words; the SQL is not used.
    to_sql(filters)
    query: dict[str, Any] = _normalize_filters(_without_lists(filters))
    return query


def _without_lists(filters: Filters) -> Filters:
    """Say "equals a list" with single values, since Haystack's translation of it needs scripts."""
    if "field" not in filters:
        return {**filters, "conditions": [_without_lists(condition) for condition in filters["conditions"]]}
    operator, value = filters["operator"], filters["value"]
    if operator not in {"==", "!="} or not isinstance(value, list):
        return {**filters, "value": _plain(value)}
    single = [{**filters, "operator": "==", "value": _plain(element)} for element in value]
    return {"operator": "AND" if operator == "==" else "NOT", "conditions": single}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
