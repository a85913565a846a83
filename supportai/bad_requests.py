"""Requests that Django refuses before a view sees them: a page that says what was too much, or what to do."""

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse

from supportai.core.errors import DomainError
from supportai.core.uploads import MOST_FILES
from supportai.refusals import answer_refusal


class BadRequestError(DomainError):
    """Something that no form of ours sends."""

    code = "bad_request"
    status = 400


class RequestTooLargeError(BadRequestError):
    """More files, fields or text than one request may have."""

    code = "request_too_large"
    status = 413


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what could not be read; nothing of it was kept."""
    return answer_refusal(request, _error_of(exception))


def _error_of(exception: Exception) -> BadRequestError:
    if isinstance(exception, TooManyFilesSent):
        most = settings.DATA_UPLOAD_MAX_NUMBER_FILES
        return RequestTooLargeError(
            f"More than {most:,} files came, and at most {MOST_FILES} can be taken at once. Put them in a zip archive."
        )
    if isinstance(exception, TooManyFieldsSent):
        return RequestTooLargeError(
            f"More than {settings.DATA_UPLOAD_MAX_NUMBER_FIELDS:,} fields came. Do it in several parts."
        )
    if isinstance(exception, RequestDataTooBig):
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        return RequestTooLargeError(
            f"A form may have up to {most / 1_000_000:g} MB of text. Shorten it, or upload it as a file."
        )
    return BadRequestError("This request cannot be understood. Go back, load the page again, and try once more.")
