"""Health (the process answers) and readiness (its database, queue and search do)."""

import httpx
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

SEARCH_SECONDS = 2


def health(_request: HttpRequest) -> JsonResponse:
    """Say that the process answers; touches nothing else."""
    return JsonResponse({"status": "ok"})


def readiness(_request: HttpRequest) -> JsonResponse:
    """Say whether a request can be served: 200 when the database and the queue answer, else 503 with which does not.

    Without search the product is degraded and still serves: the AI agent hands over what it cannot look up.
    """
    needed = {"database": _database_answers(), "queue": _queue_answers()}
    if not all(needed.values()):
        return JsonResponse({"status": "unavailable", "checks": needed}, status=503)
    checks = needed | ({"search": _search_answers()} if settings.ELASTICSEARCH_URL else {})
    return JsonResponse({"status": "ok" if all(checks.values()) else "degraded", "checks": checks})


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    except DatabaseError:
        return False
    return True


def _queue_answers() -> bool:
    try:
        settings.HUEY.pending_count()
    except Exception:  # noqa: BLE001 - each queue backend raises errors of its own; any means "not ready"
        return False
    return True


def _search_answers() -> bool:
    """Ask Elasticsearch by plain HTTP, since its client is heavy and a web process may never need it.

    One node that answers will do, also with "who are you": only the client has the key.
    """
    return any(_node_answers(url.strip()) for url in settings.ELASTICSEARCH_URL.split(","))


def _node_answers(url: str) -> bool:
    try:
        return not httpx.get(url, timeout=SEARCH_SECONDS).is_server_error
    except httpx.HTTPError:
        return False
