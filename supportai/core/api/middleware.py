"""Around all of /api/: one charset, problems instead of pages, and headers that tell the limit."""

from collections.abc import Callable
from http import HTTPStatus

import structlog
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse

from supportai.core import clock
from supportai.core.api.throttling import ATTRIBUTE, WINDOW_SECONDS

log = structlog.get_logger(__name__)

PREFIX = "/api/"
CONTENT_TYPE = "application/problem+json"
# What Django itself answers with a page, before or instead of a view.
DETAILS = {
    400: ("bad_request", "The request cannot be used."),
    403: ("not_allowed", "This is not allowed."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take this method."),
    413: ("body_too_large", "The body is too large."),
    500: ("server_error", "Something broke here. Tell whoever runs this installation the X-Request-Id."),
}


class ApiMiddleware:
    """Lets no page of HTML leave under /api/; stands outside of everything that may answer with one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Read the request as UTF-8 whatever its Content-Type says, and answer with problems."""
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        response = self._answer(request)
        if is_page_of_error(response):
            response = _as_problem(response)
        _tell_limit(request, response)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    def _answer(self, request: HttpRequest) -> HttpResponse:
        try:
            # Setting it reads the query, which may have more parameters than Django takes.
            request.encoding = "utf-8"
        except SuspiciousOperation as error:
            log.info("api.suspicious", error=type(error).__name__)
            return HttpResponse(status=HTTPStatus.BAD_REQUEST)
        return self.get_response(request)


def is_page_of_error(response: HttpResponse) -> bool:
    """Tell whether Django made an error page; the debugger's page of a defect is left to developers."""
    is_error = response.status_code >= HTTPStatus.BAD_REQUEST and not response.headers.get(
        "Content-Type", ""
    ).startswith(CONTENT_TYPE)
    return is_error and not (settings.DEBUG and response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR)


def _as_problem(page: HttpResponse) -> HttpResponse:
    from supportai.core.api.problems import problem_response

    code, detail = DETAILS.get(page.status_code, ("error", page.reason_phrase))
    problem = problem_response(page.status_code, code, detail)
    if page.has_header("Allow"):
        problem["Allow"] = page["Allow"]
    return problem


def _tell_limit(request: HttpRequest, response: HttpResponse) -> None:
    left = getattr(request, ATTRIBUTE, None)
    if left is None:
        return
    response["RateLimit-Limit"] = str(settings.API_REQUESTS_PER_MINUTE)
    response["RateLimit-Remaining"] = str(left)
    response["RateLimit-Reset"] = str(WINDOW_SECONDS - int(clock.now().timestamp()) % WINDOW_SECONDS)
