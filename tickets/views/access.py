"""Who may open a staff page, and how a page answers when something was done."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast
from urllib.parse import quote

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, resolve_url
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from accounts.models import User
from accounts.permissions import can_see_inbox
from supportai.core.errors import NotAllowedError
from supportai.core.htmx import ring_page
from supportai.core.models import JSONDict
from tickets.models import Ticket

P = ParamSpec("P")
NOT_ALLOWED = "Your role does not allow this. An admin can change roles."


class StaffHttpRequest(HttpRequest):
    """A request of a signed-in member of staff."""

    user: User
    htmx: HtmxDetails


View = Callable[Concatenate[StaffHttpRequest, P], HttpResponse]


def staff_only(
    *, may: Callable[[User], bool] = can_see_inbox, method: str = "GET"
) -> Callable[[View[P]], Callable[Concatenate[HttpRequest, P], HttpResponse]]:
    """Let only staff with a right in, by one HTTP method; others sign in first or read who can.

    Raises:
        NotAllowedError: signed in, without the right.
    """

    def decorate(view: View[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not request.user.is_authenticated:
                return _sign_in(request)
            if not may(request.user):
                raise NotAllowedError(NOT_ALLOWED)
            if request.method not in {method, "HEAD" if method == "GET" else method}:
                return HttpResponseNotAllowed([method])
            return view(request, *args, **kwargs)  # type: ignore[arg-type]

        return cast("Callable[Concatenate[HttpRequest, P], HttpResponse]", guarded)

    return decorate


def _sign_in(request: HttpRequest) -> HttpResponse:
    """Send a browser to the sign-in page; a fragment must not be replaced by that page."""
    if getattr(request, "htmx", False):
        back = request.htmx.current_url_abs_path or "/"  # type: ignore[attr-defined]
        return HttpResponseClientRedirect(f"{resolve_url(settings.LOGIN_URL)}?next={quote(back)}")
    return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)


def done(
    request: StaffHttpRequest, ticket: Ticket, *, text: str = "", undo: str = "", **rings: JSONDict
) -> HttpResponse:
    """Answer an action on a ticket: the parts of the page that show it fetch themselves again.

    `text` is said in a toast, with an undo button when `undo` is an address. Without HTMX: the ticket's page.
    """
    if not request.htmx:
        return redirect("tickets:ticket", ticket.public_id)
    response = HttpResponse(status=204)
    return ring(response, ticket, text=text, undo=undo, **rings)


def ring(response: HttpResponse, ticket: Ticket, *, text: str = "", undo: str = "", **events: JSONDict) -> HttpResponse:
    """Add the doorbells of one ticket to a response, as the websocket would ring them."""
    about = {"ticket": str(ticket.public_id)}
    for name in ("live:ticket", "live:message", "live:row"):
        ring_page(response, name, about)
    for name, detail in events.items():
        ring_page(response, name.replace("_", ":"), detail)
    if text:
        ring_page(response, "toast", {"text": text, "undo": undo})
    return response
