"""Rows of tickets for tests."""

import uuid
from typing import Any

from factory.declarations import LazyAttribute, LazyFunction, SelfAttribute, Sequence, SubFactory
from factory.django import DjangoModelFactory

from accounts.tests.factories import ContactFactory, UserFactory
from supportai.core import clock
from tickets.models import (
    AgentRun,
    AgentStep,
    Attachment,
    Citation,
    Csat,
    Handoff,
    Intent,
    Message,
    Procedure,
    ProcedureStep,
    Ticket,
)


class TicketFactory(DjangoModelFactory):
    """An open ticket of a verified customer, with the AI agent."""

    class Meta:
        model = Ticket

    contact = SubFactory(ContactFactory)
    brand = SelfAttribute("contact.brand")
    subject = Sequence(lambda n: f"Question {n}")
    last_customer_message_at = LazyFunction(clock.now)
    last_message_at = SelfAttribute("last_customer_message_at")


class PersonTicketFactory(TicketFactory):
    """An open ticket that waits for a person; nobody has it."""

    handler = Ticket.Handler.PERSON


class ResolvedTicketFactory(TicketFactory):
    """A ticket that the AI agent resolved, proven by the system of record."""

    status = Ticket.Status.RESOLVED
    resolved_at = LazyFunction(clock.now)
    resolved_by = "ai_agent"
    ledger = Ticket.Ledger.VERIFIED


class MessageFactory(DjangoModelFactory):
    """A customer's message; the ticket's last sequence follows it."""

    class Meta:
        model = Message

    ticket = SubFactory(TicketFactory)
    sequence = LazyAttribute(lambda o: o.ticket.last_sequence + 1)
    episode = SelfAttribute("ticket.episode")
    client_id = LazyFunction(uuid.uuid4)
    author = Message.Author.CUSTOMER
    body = "How do I invite a colleague?"
    identity_level = "signed"

    @classmethod
    def _create(cls, model_class: type[Message], *args: Any, **kwargs: Any) -> Message:
        message: Message = super()._create(model_class, *args, **kwargs)
        message.ticket.last_sequence = max(message.ticket.last_sequence, message.sequence)
        message.ticket.save(update_fields=["last_sequence"])
        return message


class AgentMessageFactory(MessageFactory):
    """What the AI agent said."""

    author = Message.Author.AI_AGENT
    identity_level = ""
    body = "Open Settings and choose Members. [1]"


class StaffMessageFactory(MessageFactory):
    """What a person said."""

    author = Message.Author.AGENT
    identity_level = ""
    user = SubFactory(UserFactory)
    body = "I have done it for you."


class NoteFactory(StaffMessageFactory):
    """An internal note."""

    kind = Message.Kind.NOTE
    body = "Looks like the same fault as last week."


class CitationFactory(DjangoModelFactory):
    """A source of an AI message: a look-up, unless a revision is given."""

    class Meta:
        model = Citation

    message = SubFactory(AgentMessageFactory)
    number = 1
    title = "Members and roles"


class AttachmentFactory(DjangoModelFactory):
    """A file of a customer's message."""

    class Meta:
        model = Attachment

    message = SubFactory(MessageFactory)
    contact = SelfAttribute("message.ticket.contact")
    file = "attachments/2026/01/error.png"
    name = "error.png"
    content_type = "image/png"
    size_bytes = 2048


class AgentRunFactory(DjangoModelFactory):
    """A run that ended with an answer."""

    class Meta:
        model = AgentRun

    ticket = SubFactory(TicketFactory)
    episode = SelfAttribute("ticket.episode")
    state = AgentRun.State.COMPLETED
    input_sequence = 1
    policy = "local"
    started_at = LazyFunction(clock.now)
    finished_at = LazyFunction(clock.now)


class AgentStepFactory(DjangoModelFactory):
    """A step of the journal that is done."""

    class Meta:
        model = AgentStep

    run = SubFactory(AgentRunFactory)
    index = Sequence(lambda n: n + 1)
    kind = AgentStep.Kind.UNDERSTAND
    state = AgentStep.State.DONE
    story = "Read it as a question about members."


class HandoffFactory(DjangoModelFactory):
    """A ticket that waits for a person, with a packet and a draft."""

    class Meta:
        model = Handoff

    ticket = SubFactory(PersonTicketFactory)
    episode = SelfAttribute("ticket.episode")
    reason = Handoff.Reason.CUSTOMER_REQUEST
    packet = LazyFunction(
        lambda: {
            "sections": [
                {"label": "Problem", "lines": [{"text": "Cannot invite Jo.", "href": "#message-1", "tone": ""}]},
                {"label": "Conversation", "lines": [{"text": "Customer: Cannot invite Jo.", "href": "#message-1"}]},
                {"label": "Next", "lines": [{"text": "Greet the customer and go on.", "href": "", "tone": ""}]},
            ],
            "draft": "Hello, I have looked at your workspace.",
        }
    )


class CsatFactory(DjangoModelFactory):
    """A good rating."""

    class Meta:
        model = Csat

    ticket = SubFactory(ResolvedTicketFactory)
    episode = SelfAttribute("ticket.episode")
    score = 5
    about = Ticket.Handler.AI_AGENT


class IntentFactory(DjangoModelFactory):
    """An intent with examples."""

    class Meta:
        model = Intent

    slug = Sequence(lambda n: f"intent_{n}")
    name = Sequence(lambda n: f"Intent {n}")
    examples = "I want this\nCan you do this"


class ProcedureFactory(DjangoModelFactory):
    """A procedure without steps."""

    class Meta:
        model = Procedure

    intent = SubFactory(IntentFactory)


class ProcedureStepFactory(DjangoModelFactory):
    """A look-up."""

    class Meta:
        model = ProcedureStep

    procedure = SubFactory(ProcedureFactory)
    key = Sequence(lambda n: f"step_{n}")
    kind = ProcedureStep.Kind.LOOK_UP
    capability = "billing.find_charges"
