"""Pages of the sandbox, as the made-up company would have them."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from integrations.connectors.sandbox.reset_links import ResetLinkError, account_of_link


@never_cache
@require_safe
def reset(request: HttpRequest) -> HttpResponse:
    """Show where a customer would choose a new password; the sandbox keeps none."""
    try:
        context, status = {"account": account_of_link(request.GET.get("token", ""))}, 200
    except ResetLinkError as exc:
        context, status = {"refusal": exc.message}, exc.status
    response = render(request, "integrations/reset.html", context, status=status)
    # The address holds the token, so no other site may learn it.
    response["Referrer-Policy"] = "no-referrer"
    return response
