"""Store what was said: the customer's, the staff's and the AI agent's messages, each in one transaction."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from accounts.models import Contact, IdentityLevel
from supportai.core import clock
from supportai.core.errors import NotFoundError
from supportai.core.events import publish
from supportai.core.ids import stable_id
from supportai.core.models import JSONDict
from tickets.errors import EmptyMessageError, MessageTooLongError
from tickets.events import MessagePosted, TicketChanged, TicketReopened
from tickets.models import AgentRun, Attachment, Channel, Citation, Message, Ticket
from tickets.services import ownership, runs

MAX_TEXT = 20_000
SUBJECT_LENGTH = 90
# Unicode categories that no message needs: control characters, lone surrogates, unassigned code points.
CONTROL = frozenset({"Cc", "Cs", "Cn"})


@dataclass(frozen=True, slots=True)
class Source:
    """One numbered source of an AI message: a span of a revision, or a look-up (no revision)."""

    number: int
    title: str
    quote: str = ""
    revision_id: int | None = None
    article_slug: str = ""
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentMessage:
    """What the AI agent says; `client_id` makes posting it twice harmless."""

    client_id: UUID
    body: str
    sources: Sequence[Source] = ()
    quick_replies: Sequence[Mapping[str, str]] = ()
    card: JSONDict = field(default_factory=dict)


@transaction.atomic
def post_customer_message(
    *,
    contact_id: int,
    brand_id: int,
    ticket_public_id: UUID | None,
    client_id: UUID,
    text: str,
    identity_level: str,
    attachment_ids: Sequence[UUID] = (),
    page: JSONDict | None = None,
    channel: str = Channel.WIDGET,
) -> Message:
    """Store a customer's message, opening or reopening the ticket, and queue a run for the AI agent.

    Sending the same `client_id` again returns the message stored first.

    Raises:
        EmptyMessageError: neither text nor a file.
        MessageTooLongError: over 20,000 characters.
        NotFoundError: the ticket is not this contact's.
    """
    text = clean_text(text, may_be_empty=bool(attachment_ids))
    contact = Contact.objects.select_for_update(of=("self",), no_key=True).get(pk=contact_id)
    repeated = _sent_before(contact_id=contact.pk, client_id=client_id)
    if repeated:
        return repeated
    ticket = _ticket_for(contact, ticket_public_id) or Ticket.objects.create(
        contact=contact, brand_id=brand_id, channel=channel, subject=subject_of(text)
    )
    if ticket.is_resolved:
        begin_episode(ticket)
        # The widget says "resolved" until it hears of this, and no worker may come for a while.
        publish(TicketChanged(ticket_id=ticket.pk))
    message = append_message(
        ticket,
        author=Message.Author.CUSTOMER,
        client_id=client_id,
        body=text,
        channel=channel,
        identity_level=identity_level or IdentityLevel.ANONYMOUS,
        page=page or {},
    )
    files = Attachment.objects.filter(contact=contact, message__isnull=True, public_id__in=attachment_ids)
    if not files.update(message=message) and not text:
        raise EmptyMessageError("The file is gone; attach it again.")
    if not ticket.is_with_person:
        runs.queue_run(ticket)
    return message


@transaction.atomic
def post_staff_reply(*, ticket_id: int, user_id: int, client_id: UUID, text: str) -> Message:
    """Store a person's public reply; the ticket becomes theirs if the AI agent or nobody had it.

    Raises:
        EmptyMessageError: no text.
        MessageTooLongError: over 20,000 characters.
    """
    ticket = lock_ticket(ticket_id)
    existing = ticket.messages.filter(client_id=client_id).first()
    if existing:
        return existing
    text = clean_text(text)
    ownership.give_to_person(ticket, user_id=user_id)
    message = append_message(ticket, author=Message.Author.AGENT, client_id=client_id, body=text, user_id=user_id)
    if not ticket.is_resolved:
        ticket.status = Ticket.Status.PENDING
        ticket.save(update_fields=["status"])
        publish(TicketChanged(ticket_id=ticket.pk))
    return message


@transaction.atomic
def post_note(*, ticket_id: int, user_id: int, client_id: UUID, text: str) -> Message:
    """Store an internal note, which no customer ever sees.

    Raises:
        EmptyMessageError: no text.
    """
    ticket = lock_ticket(ticket_id)
    existing = ticket.messages.filter(client_id=client_id).first()
    if existing:
        return existing
    return append_message(
        ticket,
        author=Message.Author.AGENT,
        kind=Message.Kind.NOTE,
        client_id=client_id,
        body=clean_text(text),
        user_id=user_id,
    )


@transaction.atomic
def post_agent_message(*, run: AgentRun, message: AgentMessage) -> Message | None:
    """Store the AI agent's message, unless a person or another worker has taken the ticket or run meanwhile.

    Returns None when the text was dropped; the same `client_id` returns the message stored first.
    """
    ticket = lock_ticket(run.ticket_id)
    existing = ticket.messages.filter(client_id=message.client_id).first()
    if existing:
        return existing
    if ticket.is_with_person or ticket.is_resolved or ticket.episode != run.episode or not runs.is_current(run):
        return None
    row = append_message(
        ticket,
        author=Message.Author.AI_AGENT,
        client_id=message.client_id,
        body=message.body,
        quick_replies=[dict(reply) for reply in message.quick_replies],
        card=message.card,
        run=run,
    )
    Citation.objects.bulk_create(
        Citation(
            message=row,
            number=source.number,
            revision_id=source.revision_id,
            article_slug=source.article_slug,
            title=source.title[:300],
            quote=source.quote,
            start=source.start,
            end=source.end,
        )
        for source in message.sources
    )
    ticket.status = Ticket.Status.PENDING
    ticket.save(update_fields=["status"])
    publish(TicketChanged(ticket_id=ticket.pk))
    return row


@transaction.atomic
def post_event(*, ticket_id: int, key: str, text: str) -> Message:
    """Store a line such as "Ines joined" that both sides see; the same key stores one line."""
    ticket = lock_ticket(ticket_id)
    client_id = stable_id("event", ticket.pk, key)
    existing = ticket.messages.filter(client_id=client_id).first()
    return existing or append_message(
        ticket, author=Message.Author.SYSTEM, kind=Message.Kind.EVENT, client_id=client_id, body=text
    )


def lock_ticket(ticket_id: int) -> Ticket:
    """Load a ticket under lock; every use case of a ticket starts here."""
    return Ticket.objects.select_for_update(of=("self",), no_key=True).get(pk=ticket_id)


def append_message(ticket: Ticket, *, author: str, client_id: UUID, body: str, **fields: Any) -> Message:
    """Add a message with the ticket's next sequence number and announce it; the ticket is locked."""
    now = clock.now()
    ticket.last_sequence += 1
    ticket.last_message_at = now
    changed = ["last_sequence", "last_message_at"]
    if author == Message.Author.CUSTOMER:
        ticket.last_customer_message_at = now
        ticket.status = Ticket.Status.OPEN
        changed += ["last_customer_message_at", "status"]
    elif ticket.first_replied_at is None and _is_reply(author, fields.get("kind", Message.Kind.PUBLIC)):
        ticket.first_replied_at = now
        changed.append("first_replied_at")
    ticket.save(update_fields=changed)
    message = Message.objects.create(
        ticket=ticket,
        sequence=ticket.last_sequence,
        episode=ticket.episode,
        author=author,
        client_id=client_id,
        body=body,
        **fields,
    )
    publish(MessagePosted(ticket_id=ticket.pk, message_id=message.pk, author=message.author, kind=message.kind))
    return message


def _is_reply(author: str, kind: str) -> bool:
    return author in {Message.Author.AI_AGENT, Message.Author.AGENT} and kind == Message.Kind.PUBLIC


def begin_episode(ticket: Ticket) -> None:
    """Open a resolved or returned ticket again, for the AI agent; the ticket is locked and saved."""
    ticket.episode = F("episode") + 1
    ticket.status = Ticket.Status.OPEN
    ticket.handler = Ticket.Handler.AI_AGENT
    ticket.resolved_at, ticket.resolved_by, ticket.ledger, ticket.intent = None, "", "", ""
    ticket.save()
    ticket.refresh_from_db()
    publish(TicketReopened(ticket_id=ticket.pk, episode=ticket.episode))


def clean_text(text: str, *, may_be_empty: bool = False) -> str:
    """Trim a text and remove control characters.

    Raises:
        EmptyMessageError: nothing is left.
        MessageTooLongError: over 20,000 characters.
    """
    cleaned = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in CONTROL).strip()
    if not cleaned and not may_be_empty:
        raise EmptyMessageError("Write something first.")
    if len(cleaned) > MAX_TEXT:
        raise MessageTooLongError(f"Keep a message under {MAX_TEXT:,} characters; attach longer texts as a file.")
    return cleaned


def subject_of(text: str) -> str:
    """Make a subject from the first line of a message, cut at a word."""
    first = next((line.strip() for line in text.splitlines() if line.strip()), "Attachment")
    if len(first) <= SUBJECT_LENGTH:
        return first
    return first[:SUBJECT_LENGTH].rsplit(" ", 1)[0] + " …"


def _sent_before(*, contact_id: int, client_id: UUID) -> Message | None:
    return Message.objects.filter(ticket__contact_id=contact_id, client_id=client_id).first()


def _ticket_for(contact: Contact, public_id: UUID | None) -> Ticket | None:
    if public_id is None:
        return None
    found = (
        Ticket.objects.select_for_update(of=("self",), no_key=True).filter(contact=contact, public_id=public_id).first()
    )
    if found is None:
        raise NotFoundError("This conversation is not yours or does not exist.")
    return found
