"""How many requests a token may send, and what its answers say about it."""

from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from supportai.core.limits import count_against

WINDOW_SECONDS = 60
# Read by the middleware, which writes the headers.
ATTRIBUTE = "api_requests_left"


class TokenThrottle(BaseThrottle):
    """Counts each token's requests in fixed windows of a minute; `API_REQUESTS_PER_MINUTE` 0 counts nothing."""

    def allow_request(self, request: Request, _view: Any) -> bool:
        """Count one request.

        Raises:
            TooManyRequestsError: the window's limit was reached.
        """
        most = settings.API_REQUESTS_PER_MINUTE
        token_id = getattr(request.auth, "pk", None)
        if not most or token_id is None:
            return True
        setattr(request._request, ATTRIBUTE, 0)
        left = count_against("api", token_id, limit=most, seconds=WINDOW_SECONDS)
        setattr(request._request, ATTRIBUTE, left)
        return True
