"""Procedures: what the AI agent may do for which intent, as everybody on staff may read it."""

from django.http import HttpResponse
from django.shortcuts import render

from accounts.permissions import can_configure
from tickets import selectors_inbox
from tickets.views.access import StaffHttpRequest, staff_only


@staff_only()
def index(request: StaffHttpRequest) -> HttpResponse:
    """List the intents with their stage and, where there is one, the procedure's steps."""
    context = {
        "section": "procedures",
        "intents": selectors_inbox.intents_with_procedures(),
        "can_configure": can_configure(request.user) and request.user.is_staff,
    }
    return render(request, "tickets/procedures.html", context)
