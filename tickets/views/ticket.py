"""One ticket: its page, its parts that follow live, and what people do to it."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.permissions import can_reply, can_resolve
from supportai.core.actors import Actor
from supportai.core.errors import InvalidInputError
from tickets import selectors_case
from tickets.forms import AssignForm, SayForm
from tickets.services import lifecycle, messages
from tickets.views import case
from tickets.views.access import StaffHttpRequest, done, ring, staff_only


@staff_only()
def ticket(request: StaffHttpRequest, public_id: UUID) -> HttpResponse:
    """Show a ticket on its own page."""
    found = selectors_case.ticket_for_staff(public_id)
    return render(request, "tickets/ticket.html", case.page_context(found, request.user))


@staff_only()
def pane(request: StaffHttpRequest, public_id: UUID) -> HttpResponse:
    """Give a ticket for the inbox's reading pane."""
    found = selectors_case.ticket_for_staff(public_id)
    return render(request, "tickets/partials/_pane.html", case.pane_context(found, request.user))


@staff_only()
def pane_head(request: StaffHttpRequest, public_id: UUID) -> HttpResponse:
    """Give the reading pane's head anew."""
    found = selectors_case.ticket_for_staff(public_id)
    return render(request, "tickets/partials/_pane_head.html", case.pane_head_context(found, request.user))


@staff_only()
def head(request: StaffHttpRequest, public_id: UUID) -> HttpResponse:
    """Give the page's head anew, and with it who the ticket is assigned to."""
    found = selectors_case.ticket_for_staff(public_id)
    context = case.head_context(found, request.user) | {"staff": selectors_case.possible_assignees()}
    return render(request, "tickets/partials/_case_head_anew.html", context)


@staff_only()
def conversation(request: StaffHttpRequest, public_id: UUID) -> HttpResponse:
    """Give the messages after `?after=`, for a page that has the earlier ones."""
    found = selectors_case.ticket_for_staff(public_id)
    after = request.GET.get("after", "0")
    if not (after.isascii() and after.isdigit() and len(after) < 10):  # noqa: PLR2004 - fits in a sequence
        raise InvalidInputError("after: a sequence number.")
    context = case.conversation_context(found, after=int(after))
    return render(request, "tickets/partials/_messages.html", context)


@staff_only()
def story(request: StaffHttpRequest, public_id: UUID) -> HttpResponse:
    """Give what the AI agent did anew."""
    found = selectors_case.ticket_for_staff(public_id)
    return render(request, "tickets/partials/_story.html", case.story_context(found))


@staff_only()
def packet(request: StaffHttpRequest, public_id: UUID) -> HttpResponse:
    """Give the handoff packet anew."""
    found = selectors_case.ticket_for_staff(public_id)
    return render(request, "tickets/partials/_packet.html", {"ticket": found, "packet": case.packet_of(found)})


@staff_only(may=can_reply)
def draft(request: StaffHttpRequest, public_id: UUID) -> HttpResponse:
    """Give the AI agent's draft anew; empty when there is none or a person has replied."""
    found = selectors_case.ticket_for_staff(public_id)
    context = case.composer_context(found, request.user, case.packet_of(found))
    return render(request, "tickets/partials/_draft.html", context)


@staff_only(may=can_reply, method="POST")
def say(request: StaffHttpRequest, public_id: UUID) -> HttpResponse:
    """Store a reply or an internal note, then give a fresh composer."""
    found = selectors_case.ticket_for_staff(public_id)
    form = SayForm(request.POST)
    if not form.is_valid():
        raise InvalidInputError(form.first_error)
    store = messages.post_note if form.cleaned_data["kind"] == "note" else messages.post_staff_reply
    store(
        ticket_id=found.pk,
        user_id=request.user.pk,
        client_id=form.cleaned_data["client_id"],
        text=form.cleaned_data["text"],
    )
    if not request.htmx:
        return redirect("tickets:ticket", public_id)
    found = selectors_case.ticket_for_staff(public_id)
    context = case.composer_context(found, request.user, case.packet_of(found))
    response = render(request, "tickets/partials/_composer.html", context)
    return ring(response, found, composer_sent={"ticket": str(public_id), "kind": form.cleaned_data["kind"]})


@staff_only(may=can_reply, method="POST")
def take_over(request: StaffHttpRequest, public_id: UUID) -> HttpResponse:
    """Take the ticket from the AI agent, or from nobody."""
    found = selectors_case.ticket_for_staff(public_id)
    taken = lifecycle.take_over(ticket_id=found.pk, user_id=request.user.pk)
    return done(request, taken, text="It is yours. The AI agent has stopped.")


@staff_only(may=can_reply, method="POST")
def return_to_ai(request: StaffHttpRequest, public_id: UUID) -> HttpResponse:
    """Give the ticket back to the AI agent."""
    found = selectors_case.ticket_for_staff(public_id)
    returned = lifecycle.return_to_ai(ticket_id=found.pk, user_id=request.user.pk)
    return done(request, returned, text="Returned to the AI agent.")


@staff_only(may=can_resolve, method="POST")
def resolve(request: StaffHttpRequest, public_id: UUID) -> HttpResponse:
    """Close the ticket; the toast offers to undo it."""
    found = selectors_case.ticket_for_staff(public_id)
    resolved = lifecycle.resolve_ticket(ticket_id=found.pk, actor=Actor.staff(request.user.pk))
    undo = reverse("tickets:reopen", args=[public_id])
    return done(request, resolved, text="Resolved.", undo=undo, ticket_resolved={"ticket": str(public_id)})


@staff_only(may=can_resolve, method="POST")
def reopen(request: StaffHttpRequest, public_id: UUID) -> HttpResponse:
    """Open the ticket again."""
    found = selectors_case.ticket_for_staff(public_id)
    reopened = lifecycle.reopen(ticket_id=found.pk, actor=Actor.staff(request.user.pk))
    return done(request, reopened, text="Open again.")


@staff_only(may=can_resolve, method="POST")
def assign(request: StaffHttpRequest, public_id: UUID) -> HttpResponse:
    """Give the ticket to a member of staff, or to nobody."""
    found = selectors_case.ticket_for_staff(public_id)
    form = AssignForm(request.POST)
    if not form.is_valid():
        raise InvalidInputError("Choose somebody who works here.")
    who = form.cleaned_data["user"]
    assigned = lifecycle.assign(ticket_id=found.pk, user_id=who.pk if who else None, actor=Actor.staff(request.user.pk))
    return done(request, assigned, text=f"Assigned to {who}." if who else "Nobody has it now.")
