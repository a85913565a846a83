"""What a widget asks for, whichever way it came: read the session, count, run the use case, describe the result."""

from uuid import UUID

from accounts.selectors import brand_by_slug
from accounts.widget import WidgetSession, open_session
from supportai.core.errors import NotFoundError
from supportai.core.models import JSONDict
from tickets import selectors
from tickets.consumers import access
from tickets.consumers.frames import AskPerson, Hello, Missed, Open, Rate, Say
from tickets.models import Ticket
from tickets.services import csat, handoff, messages


def begin_session(request: Open, *, origin: str, host: str, address: str) -> JSONDict:
    """Open a session and describe the brand, the contact and the conversation to go on with.

    Raises:
        NotFoundError: no such brand.
        OriginNotAllowedError: the site is not in its list.
        TooManyRequestsError: too many new visitors from this address.
        IdentityTokenError, IdentityRequiredError: see `accounts.widget.open_session`.
    """
    brand = brand_by_slug(request.brand)
    access.check_origin(brand, origin, host)
    if not request.identity:
        access.count_new_session(brand, old_session=request.session, address=address)
    session = open_session(brand, request.identity, request.session)
    ticket = selectors.latest_ticket_of(contact_id=session.contact.pk, brand_id=brand.pk)
    return {
        "session": session.token,
        "contact": str(session.contact.public_id),
        "level": session.level.value,
        "brand": {
            "name": brand.name,
            "color": brand.color,
            "greeting": brand.greeting,
            "suggestions": brand.suggestions,
        },
        "ticket": selectors.ticket_frame(ticket) if ticket else None,
    }


def welcome(session: WidgetSession, hello: Hello) -> JSONDict:
    """Describe the conversation that a widget resumes, with the messages that it has not seen."""
    ticket = _ticket_or_none(session, hello.ticket)
    if ticket is None:
        return {"type": "welcome", "ticket": None, "messages": []}
    return {"type": "welcome", **_news(ticket, hello.after)}


def say(session: WidgetSession, message: Say) -> JSONDict:
    """Store a message and confirm it.

    Raises:
        TooManyRequestsError: the customer writes faster than people do.
        DomainError: see `messages.post_customer_message`.
    """
    access.count_message(session)
    if message.ticket is not None:
        _ticket_of(session, message.ticket)
    stored = messages.post_customer_message(
        contact_id=session.contact.pk,
        brand_id=session.brand.pk,
        ticket_public_id=message.ticket,
        client_id=message.client_id,
        text=message.text,
        identity_level=session.level,
        attachment_ids=message.attachments,
        page=message.page.model_dump() if message.page else None,
    )
    ticket = Ticket.objects.values_list("public_id", flat=True).get(pk=stored.ticket_id)
    return {
        "type": "ack",
        "client_id": str(message.client_id),
        "sequence": stored.sequence,
        "ticket": str(ticket),
    }


def ask_person(session: WidgetSession, request: AskPerson) -> JSONDict:
    """Pass the conversation to people and describe it; asking twice changes nothing.

    Raises:
        NotFoundError: the conversation is not this contact's.
        TooManyRequestsError: asked too often.
    """
    access.count_message(session)
    if request.ticket is not None:
        _ticket_of(session, request.ticket)
    passed = handoff.request_person(
        contact_id=session.contact.pk,
        brand_id=session.brand.pk,
        ticket_public_id=request.ticket,
        identity_level=session.level,
    )
    if passed:
        ticket = Ticket.objects.select_related("assignee", "team", "contact").get(pk=passed.ticket_id)
    else:
        assert request.ticket is not None, "a ticket that was opened just now has no person yet"
        ticket = _ticket_of(session, request.ticket)
    return {"type": "ticket", "ticket": selectors.ticket_frame(ticket)}


def rate(session: WidgetSession, rating: Rate) -> JSONDict:
    """Store a rating and describe the conversation.

    Raises:
        NotFoundError: the conversation is not this contact's.
        TicketNotResolvedError: there is nothing to rate yet.
    """
    _ticket_of(session, rating.ticket)
    csat.rate(
        contact_id=session.contact.pk,
        ticket_public_id=rating.ticket,
        score=rating.score,
        comment=rating.comment,
    )
    ticket = _ticket_of(session, rating.ticket)
    return {"type": "ticket", "ticket": selectors.ticket_frame(ticket)}


def missed(session: WidgetSession, question: Missed) -> JSONDict:
    """Give the messages after a sequence, and the conversation's present state.

    Raises:
        NotFoundError: the conversation is not this contact's.
    """
    return _news(_ticket_of(session, question.ticket), question.after)


def last_sequence(contact_id: int, public_id: UUID) -> int:
    """Give the number of a conversation's last message, 0 without one; heartbeats carry it."""
    tickets = Ticket.objects.filter(contact_id=contact_id, public_id=public_id)
    return tickets.values_list("last_sequence", flat=True).first() or 0


def _ticket_or_none(session: WidgetSession, public_id: UUID | None) -> Ticket | None:
    if public_id is None:
        return None
    tickets = Ticket.objects.select_related("assignee", "team", "contact")
    return tickets.filter(contact=session.contact, brand=session.brand, public_id=public_id).first()


def _ticket_of(session: WidgetSession, public_id: UUID) -> Ticket:
    """Give a conversation of the session's contact and brand; a customer of two brands is a visitor of each apart.

    Raises:
        NotFoundError: it is another contact's or another brand's.
    """
    ticket = _ticket_or_none(session, public_id)
    if ticket is None:
        raise NotFoundError("This conversation is not yours or does not exist.")
    return ticket


def _news(ticket: Ticket, after: int) -> JSONDict:
    # The ticket was read first: its last sequence is never ahead of the messages.
    unseen = selectors.conversation(ticket_id=ticket.pk, after=after)
    return {"ticket": selectors.ticket_frame(ticket), "messages": selectors.frames(unseen)}
