"""Errors of the REST API: every one is an RFC 9457 problem with a stable code."""

from typing import Any

import structlog
from django.db import IntegrityError
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.views import exception_handler

from supportai.core.errors import DomainError

log = structlog.get_logger(__name__)

CONTENT_TYPE = "application/problem+json"
# The framework quotes what was sent, which may be a million characters.
MAX_SENTENCE = 300
KEPT_HEADERS = ("WWW-Authenticate", "Retry-After", "Allow")
# SQLSTATE of PostgreSQL's unique_violation, and how SQLite says the same.
UNIQUE_VIOLATION = "23505"
SQLITE_UNIQUE = "UNIQUE constraint failed"


class ConflictError(DomainError):
    """Two requests made the same thing at the same moment and this one came second."""

    code = "conflict"
    status = 409


def problem_body(status: int, code: str, detail: str, extra: dict[str, Any] | None = None) -> dict[str, Any]:
    """Build a problem: `title` is the same for every problem of a code, `detail` tells what is wrong here."""
    title = code.replace("_", " ").capitalize()
    return {"type": f"/problems/{code}", "title": title, "status": status, "code": code, "detail": detail} | (
        extra or {}
    )


def problem_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Answer refusals and framework errors as problems; a defect stays an exception, which the middleware answers."""
    if is_unique_violation(exc):
        log.warning("api.conflict", error=type(exc).__name__)
        exc = ConflictError("Another request made the same thing at the same moment. Read it, then try again.")
    if isinstance(exc, DomainError):
        return _refused(exc)
    response = exception_handler(exc, context)
    return None if response is None else _from_framework(exc, response)


def is_unique_violation(exc: Exception) -> bool:
    """Tell whether the database refused a second row of what there may be only one of."""
    if not isinstance(exc, IntegrityError):
        return False
    return getattr(exc.__cause__, "sqlstate", "") == UNIQUE_VIOLATION or SQLITE_UNIQUE in str(exc)


def unknown_address(request: HttpRequest, **_kwargs: Any) -> JsonResponse:
    """Answer every address under /api/ that is none; a redirect to the slash would turn a POST into a GET."""
    hint = "" if request.path.endswith("/") else f" Addresses end in a slash: {request.path}/"
    return problem_response(404, "not_found", f"There is nothing at this address.{hint}")


def problem_response(status: int, code: str, detail: str, extra: dict[str, Any] | None = None) -> JsonResponse:
    """Answer with a problem outside of the framework's views."""
    return JsonResponse(problem_body(status, code, detail, extra), status=status, content_type=CONTENT_TYPE)


def field_errors(details: Any, name: str = "") -> dict[str, list[str]]:
    """Flatten nested errors to `{"field.part": [sentences]}`; what concerns no field is under `non_field_errors`."""
    if isinstance(details, dict):
        parts = [field_errors(part, f"{name}.{key}" if name else str(key)) for key, part in details.items()]
    elif isinstance(details, list) and any(isinstance(part, dict | list) for part in details):
        parts = [field_errors(part, f"{name}.{index}" if name else str(index)) for index, part in enumerate(details)]
    else:
        sentences = details if isinstance(details, list) else [details]
        shown = [str(sentence)[:MAX_SENTENCE] for sentence in sentences]
        return {name or "non_field_errors": shown} if shown else {}
    return {key: sentences for part in parts for key, sentences in part.items()}


def _refused(exc: DomainError) -> Response:
    response = _answer(exc.status, exc.code, exc.message, dict(exc.extra))
    if "retry_after" in exc.extra:
        response["Retry-After"] = str(exc.extra["retry_after"])
    return response


def _from_framework(exc: Exception, response: Response) -> Response:
    details = response.data
    detail = details.pop("detail", None) if isinstance(details, dict) else None
    errors = field_errors(details)
    code = "not_found" if isinstance(exc, Http404) else getattr(exc, "default_code", "error")
    text = "There is no such object." if isinstance(exc, Http404) else str(detail or "The request cannot be used.")
    extra: dict[str, Any] = {"errors": errors} if errors else {}
    if isinstance(exc, APIException) and getattr(exc, "wait", None):
        extra["retry_after"] = int(response["Retry-After"])
    problem = _answer(response.status_code, str(code), text, extra)
    for header in KEPT_HEADERS:
        if response.has_header(header):
            problem[header] = response[header]
    return problem


def _answer(status: int, code: str, detail: str, extra: dict[str, Any]) -> Response:
    return Response(problem_body(status, code, detail, extra), status=status, content_type=CONTENT_TYPE)
