"""Middleware of the whole product: request log, content security policy, refusals as toasts or pages."""

import time
import uuid
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from supportai.core.errors import DomainError
from supportai.refusals import answer_refusal

log = structlog.get_logger(__name__)
GetResponse = Callable[[HttpRequest], HttpResponse]

STRICT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'"
)
# Unfold's Alpine evaluates expressions and sets styles, and the article editor frames its preview; only the admin gets this.
ADMIN_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


class TrustedProxyMiddleware:
    """Take the customer's address from `X-Forwarded-For` where a proxy that we trust passed the request on.

    Without it all customers behind the proxy would share one address, and its limits. gunicorn leaves the header alone;
    uvicorn reads it itself when told to (`--forwarded-allow-ips`), and then there is nothing left to do.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.networks = [ip_network(text) for text in settings.TRUSTED_PROXIES]

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Walk the header from its end, which the nearest proxy wrote, to the first address that is no proxy."""
        for said in reversed(request.headers.get("X-Forwarded-For", "").split(",")):
            if not _is_within(request.META.get("REMOTE_ADDR", ""), self.networks) or not _is_address(said.strip()):
                break
            request.META["REMOTE_ADDR"] = said.strip()
        return self.get_response(request)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_within(text: str, networks: list[IPv4Network | IPv6Network]) -> bool:
    return _is_address(text) and any(ip_address(text) in network for network in networks)


class RequestLogMiddleware:
    """Log one line a request with an id that error pages show; path without query, no personal data."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Bind the id to every log line of the request and time it."""
        request_id = uuid.uuid4().hex[:12]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.monotonic()
        response = self.get_response(request)
        response["X-Request-Id"] = request_id
        if not request.path.startswith(("/static/", "/health")):
            log.info(
                "request",
                method=request.method,
                path=request.path,
                status=response.status_code,
                ms=round((time.monotonic() - started) * 1000),
            )
        return response


class ContentSecurityPolicyMiddleware:
    """Send a strict policy with every page, a looser one with the admin alone."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Add the header unless a view set its own."""
        response = self.get_response(request)
        policy = ADMIN_POLICY if request.path.startswith("/admin/") else STRICT_POLICY
        response.headers.setdefault("Content-Security-Policy", policy)
        return response


class DomainErrorMiddleware:
    """Turn a refusal into a toast (HTMX), problem+json (scripts) or a page (people)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass through; `process_exception` does the work."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer a `DomainError`; every other error goes its way."""
        if not isinstance(error, DomainError):
            return None
        log.info("refused", code=error.code, status=error.status)
        return answer_refusal(request, error)
