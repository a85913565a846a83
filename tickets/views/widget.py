"""The widget's files and its HTTP side: JSON with bearer sessions, CORS for the brands' own sites, no cookies.

Who cannot use a websocket gets everything here; docs/widget.md describes the forms.
"""

import hashlib
import json
from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.utils.http import content_disposition_header
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET

from accounts.widget import WidgetSession
from supportai.core.errors import DomainError, InvalidInputError
from supportai.core.models import JSONDict
from tickets.consumers import access, requests
from tickets.consumers.bodies import MULTIPART_BYTES
from tickets.consumers.frames import AskPerson, Missed, Open, Rate, Say, parse
from tickets.services import attachments

FILES = Path(__file__).resolve().parents[1] / "static" / "tickets" / "widget"
LOADER = "widget.js"
TYPES = {".js": "text/javascript", ".css": "text/css"}
# The loader is asked for by name, the rest by version.
LOADER_SECONDS = 300
PART_SECONDS = 365 * 24 * 3600
PREFLIGHT_SECONDS = 600
MAX_BODY_BYTES = 128_000

View = Callable[..., HttpResponse]
Endpoint = Callable[..., JSONDict]


# ---- files ----


def _read_files() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(FILES.iterdir()) if path.suffix in TYPES}


_cached_files = cache(_read_files)


def files() -> dict[str, bytes]:
    """Give the widget's files by name, read once unless `DEBUG` is on."""
    return _read_files() if settings.DEBUG else _cached_files()


def version_of(content: dict[str, bytes]) -> str:
    """Make a version that changes with any of the files."""
    digest = hashlib.sha256()
    for name, data in content.items():
        digest.update(name.encode() + b"\0" + data)
    return digest.hexdigest()[:12]


@require_GET
@gzip_page
def loader(request: HttpRequest) -> HttpResponse:
    """Give the script of the script tag, which knows the version of the rest."""
    content = files()
    body = content[LOADER].replace(b"__VERSION__", version_of(content).encode())
    return _script(request, body, LOADER, LOADER_SECONDS)


@require_GET
@gzip_page
def part(request: HttpRequest, version: str, name: str) -> HttpResponse:
    """Give a part of the widget; only the present version may be kept for long."""
    content = files()
    if name not in content or name == LOADER:
        raise Http404
    is_present = version == version_of(content)
    return _script(request, content[name], name, PART_SECONDS if is_present else 0)


def _script(request: HttpRequest, body: bytes, name: str, seconds: int) -> HttpResponse:
    # gzip_page makes this weak, and 304 answers keep it.
    etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
    is_same = etag in request.headers.get("If-None-Match", "")
    response = (
        HttpResponseNotModified() if is_same else HttpResponse(body, f"{TYPES[Path(name).suffix]}; charset=utf-8")
    )
    response["ETag"] = etag
    response["Cache-Control"] = f"public, max-age={seconds}" + (", immutable" if seconds == PART_SECONDS else "")
    # Modules and styles of a foreign page are fetched with CORS; these files are public.
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


# ---- endpoints ----


def endpoint(**methods: Endpoint) -> View:
    """Make a view of one function a method: CORS, preflight, refusals as problem+json, no cookies, no CSRF token."""

    @csrf_exempt
    def view(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if not access.is_known_origin(_origin(request), request.get_host()):
            access.log_refused_origin(_origin(request))
            return _problem(access.OriginNotAllowedError("This site may not show this widget."))
        function = methods.get(request.method or "")
        if function is not None:
            return _with_cors(request, _answer(function, request, kwargs))
        response = HttpResponse(status=204 if request.method == "OPTIONS" else 405)
        response["Allow"] = response["Access-Control-Allow-Methods"] = ", ".join([*methods, "OPTIONS"])
        response["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
        response["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
        return _with_cors(request, response)

    return view


def _answer(function: Endpoint, request: HttpRequest, kwargs: dict[str, Any]) -> HttpResponse:
    try:
        return JsonResponse(function(request, **kwargs))
    except DomainError as exc:
        return _problem(exc)


def _problem(error: DomainError) -> HttpResponse:
    body = {"type": f"/problems/{error.code}", "title": error.message, "status": error.status, "code": error.code}
    response = JsonResponse(body | error.extra, status=error.status, content_type="application/problem+json")
    if "retry_after" in error.extra:
        response["Retry-After"] = str(error.extra["retry_after"])
    return response


def _with_cors(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    response["Vary"] = "Origin"
    if _origin(request):
        response["Access-Control-Allow-Origin"] = _origin(request)
    return response


def _origin(request: HttpRequest) -> str:
    return request.headers.get("Origin", "")


def _body(request: HttpRequest) -> JSONDict:
    # Read up to the limit and not by Content-Length, which a chunked request has none of.
    raw = request.read(MAX_BODY_BYTES + 1)
    if len(raw) > MAX_BODY_BYTES:
        raise InvalidInputError(f"A request may have up to {MAX_BODY_BYTES:,} bytes.")
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError) as exc:
        raise InvalidInputError("The body must be a JSON object.") from exc
    if not isinstance(content, dict):
        raise InvalidInputError("The body must be a JSON object.")
    return content


def with_session(function: Callable[..., JSONDict]) -> Endpoint:
    """Read the bearer session first and pass it on."""

    @wraps(function)
    def inner(request: HttpRequest, **kwargs: Any) -> JSONDict:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        session = access.session_of(token, origin=_origin(request), host=request.get_host())
        return function(request, session, **kwargs)

    return inner


def _begin(request: HttpRequest) -> JSONDict:
    return requests.begin_session(
        parse(Open, _body(request)),
        origin=_origin(request),
        host=request.get_host(),
        address=request.META.get("REMOTE_ADDR", ""),
    )


@with_session
def _say(request: HttpRequest, session: WidgetSession) -> JSONDict:
    return requests.say(session, parse(Say, _body(request)))


@with_session
def _missed(request: HttpRequest, session: WidgetSession) -> JSONDict:
    return requests.missed(session, parse(Missed, request.GET.dict()))


@with_session
def _ask_person(request: HttpRequest, session: WidgetSession) -> JSONDict:
    return requests.ask_person(session, parse(AskPerson, _body(request)))


@with_session
def _rate(request: HttpRequest, session: WidgetSession) -> JSONDict:
    return requests.rate(session, parse(Rate, _body(request)))


@with_session
def _upload(request: HttpRequest, session: WidgetSession) -> JSONDict:
    access.count_upload(session)
    if int(request.headers.get("Content-Length") or 0) > settings.MAX_UPLOAD_BYTES + MULTIPART_BYTES:
        raise attachments.FileTooBigError(f"Files may have up to {settings.MAX_UPLOAD_BYTES // 1_000_000} MB.")
    upload = request.FILES.get("file")
    if upload is None:
        raise InvalidInputError("Send the file as the field `file` of a multipart form.", field="file")
    return attachments.attachment_frame(attachments.store_upload(contact_id=session.contact.pk, upload=upload))


@with_session
def _link(_request: HttpRequest, session: WidgetSession, public_id: UUID) -> JSONDict:
    return attachments.attachment_frame(attachments.of_contact(contact_id=session.contact.pk, public_id=public_id))


session = endpoint(POST=_begin)
messages = endpoint(POST=_say, GET=_missed)
person = endpoint(POST=_ask_person)
csat = endpoint(POST=_rate)
upload = endpoint(POST=_upload)
attachment_link = endpoint(GET=_link)


@require_GET
def attachment(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Give a file to save: never shown as a page, whatever is in it."""
    found = attachments.by_key(public_id, request.GET.get("key", ""))
    with found.file.open("rb") as file:
        # Whole: files are small, and a synchronous stream would warn under ASGI.
        response = HttpResponse(file.read(), content_type=found.content_type)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=found.name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, max-age=600"
    response["Referrer-Policy"] = "no-referrer"
    # The widget draws pictures on pages of other origins; who has the address has the file.
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
