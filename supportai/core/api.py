"""The REST API's shared manners: problem+json, cursor pagination, idempotency keys."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.core.cache import cache
from rest_framework.exceptions import APIException
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import exception_handler

from supportai.core.errors import DomainError, InvalidInputError

IDEMPOTENCY_SECONDS = 24 * 3600
MAX_KEY_LENGTH = 200


class NewestFirstPagination(CursorPagination):
    """Pages by creation time, newest first; `limit` up to 200."""

    ordering = ("-created_at", "-pk")
    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 200


def problem_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Answer refusals and framework errors as RFC 9457 problem details."""
    if isinstance(exc, DomainError):
        return _problem(exc.status, exc.code, exc.message, dict(exc.extra))
    response = exception_handler(exc, context)
    if response is None:
        return None
    code = exc.default_code if isinstance(exc, APIException) else "error"
    details = response.data
    title = details.pop("detail", None) if isinstance(details, dict) else None
    extra = {"errors": details} if details else {}
    problem = _problem(response.status_code, str(code), str(title or "The request cannot be used."), extra)
    for header in ("WWW-Authenticate", "Retry-After", "Allow"):
        if response.has_header(header):
            problem[header] = response[header]
    return problem


def _problem(status: int, code: str, title: str, extra: dict[str, Any]) -> Response:
    body = {"type": f"/problems/{code}", "title": title, "status": status, "code": code, **extra}
    return Response(body, status=status, content_type="application/problem+json")


def once(request: Request, create: Callable[[], tuple[Any, int]]) -> Response:
    """Run `create()` (body, status) once per `Idempotency-Key`; a repeat gets the stored answer.

    Raises:
        InvalidInputError: the key was used before with another body, or is too long.
    """
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        body, status = create()
        return Response(body, status=status)
    if len(key) > MAX_KEY_LENGTH:
        raise InvalidInputError(f"Idempotency-Key is longer than {MAX_KEY_LENGTH} characters.")
    place = "idem:" + hashlib.sha256(f"{request.user.pk}:{request.path}:{key}".encode()).hexdigest()
    content = hashlib.sha256(json.dumps(request.data, sort_keys=True, default=str).encode()).hexdigest()
    stored = cache.get(place)
    if stored is None:
        body, status = create()
        cache.set(place, (content, body, status), IDEMPOTENCY_SECONDS)
        return Response(body, status=status)
    if stored[0] != content:
        raise InvalidInputError("This Idempotency-Key was used with another body.")
    return Response(stored[1], status=stored[2], headers={"Idempotent-Replayed": "true"})
