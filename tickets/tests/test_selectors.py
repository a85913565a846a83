"""What the widget, the API and the AI agent read of tickets."""

from datetime import timedelta
from uuid import uuid4

import pytest

from accounts.tests.factories import BrandFactory, ContactFactory, TeamFactory, UserFactory, VisitorFactory
from supportai.core import clock
from supportai.core.errors import NotFoundError
from tickets import selectors
from tickets.models import Message, Ticket
from tickets.tests.factories import (
    AgentMessageFactory,
    AgentRunFactory,
    AgentStepFactory,
    AttachmentFactory,
    CitationFactory,
    CsatFactory,
    MessageFactory,
    NoteFactory,
    PersonTicketFactory,
    ResolvedTicketFactory,
    StaffMessageFactory,
    TicketFactory,
)

pytestmark = pytest.mark.django_db


# ---- tickets ----


def test_the_newest_ticket_of_the_brand_goes_on():
    contact = ContactFactory()
    TicketFactory(contact=contact, created_at=clock.now() - timedelta(days=1))
    newest = TicketFactory(contact=contact)
    TicketFactory(contact=contact, brand=BrandFactory())
    TicketFactory(brand=contact.brand)
    assert selectors.latest_ticket_of(contact_id=contact.pk, brand_id=contact.brand_id) == newest


def test_without_a_ticket_nothing_goes_on():
    contact = ContactFactory()
    assert selectors.latest_ticket_of(contact_id=contact.pk, brand_id=contact.brand_id) is None


def test_a_contacts_own_ticket_is_found_with_all_that_its_frame_needs(django_assert_num_queries):
    ticket = PersonTicketFactory(assignee=UserFactory(), team=TeamFactory())
    with django_assert_num_queries(1):
        found = selectors.ticket_of(contact_id=ticket.contact_id, public_id=ticket.public_id)
        selectors.ticket_frame(found)
    assert found == ticket


def test_another_contacts_ticket_is_not_found():
    ticket = TicketFactory()
    for contact_id, public_id in ((ContactFactory().pk, ticket.public_id), (ticket.contact_id, uuid4())):
        with pytest.raises(NotFoundError):
            selectors.ticket_of(contact_id=contact_id, public_id=public_id)


# ---- the ticket's frame ----


def test_a_tickets_frame_names_status_handler_and_team():
    ticket = TicketFactory(team=TeamFactory(name="Billing"), last_sequence=4)
    assert selectors.ticket_frame(ticket) == {
        "id": str(ticket.public_id),
        "status": "open",
        "handler": "ai_agent",
        "agent_name": None,
        "team": "Billing",
        "csat_asked": False,
        "is_being_checked": False,
        "last_sequence": 4,
    }


@pytest.mark.parametrize(
    ("run", "step", "is_checked"),
    [
        ({"state": "waiting_approval"}, {}, True),
        ({"state": "running", "finished_at": None}, {}, True),
        ({"state": "cancelled"}, {}, False),
        ({"state": "waiting_approval"}, {"state": "done"}, False),
        ({"state": "waiting_approval"}, {"output": {"state": "succeeded"}}, False),
        ({"state": "waiting_approval", "episode": 7}, {}, False),
    ],
)
def test_a_call_that_waits_for_a_yes_is_told_while_it_waits(run, step, is_checked):
    made = AgentStepFactory(
        **{f"run__{name}": value for name, value in run.items()},
        **{"kind": "act", "state": "decided", "output": {"state": "planned"}} | step,
    )
    assert selectors.ticket_frame(made.run.ticket)["is_being_checked"] is is_checked


def test_only_a_person_who_answers_is_named_and_by_first_name():
    ines = UserFactory(name="Ines Moreau")
    assert selectors.ticket_frame(PersonTicketFactory(assignee=ines))["agent_name"] == "Ines"
    assert selectors.ticket_frame(TicketFactory(assignee=ines))["agent_name"] is None
    assert selectors.ticket_frame(PersonTicketFactory())["agent_name"] is None


def test_a_resolved_episode_is_asked_about_until_it_is_rated():
    ticket = ResolvedTicketFactory()
    assert selectors.ticket_frame(ticket)["csat_asked"]
    CsatFactory(ticket=ticket)
    assert not selectors.ticket_frame(ticket)["csat_asked"]
    ticket.episode = 2
    assert selectors.ticket_frame(ticket)["csat_asked"]


# ---- the conversation ----


def conversation_of_four() -> Ticket:
    ticket = TicketFactory()
    MessageFactory(ticket=ticket, body="One")
    NoteFactory(ticket=ticket, body="Between us")
    CitationFactory(message=AgentMessageFactory(ticket=ticket, body="Two", run=AgentRunFactory(ticket=ticket)))
    AttachmentFactory(message=MessageFactory(ticket=ticket, body="Three"))
    return ticket


def test_the_customer_reads_everything_but_notes_in_order():
    ticket = conversation_of_four()
    assert [m.body for m in selectors.conversation(ticket_id=ticket.pk)] == ["One", "Two", "Three"]


def test_staff_read_the_notes_too():
    ticket = conversation_of_four()
    shown = selectors.conversation(ticket_id=ticket.pk, is_staff=True)
    assert [m.sequence for m in shown] == [1, 2, 3, 4]


def test_only_what_came_after_a_sequence_is_given():
    ticket = conversation_of_four()
    assert [m.sequence for m in selectors.conversation(ticket_id=ticket.pk, after=3)] == [4]
    assert not selectors.conversation(ticket_id=ticket.pk, after=4)


def test_another_tickets_messages_stay_out():
    MessageFactory()
    assert not selectors.conversation(ticket_id=TicketFactory().pk)


def test_a_conversation_takes_three_queries_however_long_it_is(django_assert_num_queries):
    ticket = conversation_of_four()
    for _ in range(4):
        StaffMessageFactory(ticket=ticket)
    with django_assert_num_queries(3):  # messages, citations, attachments
        assert len(selectors.frames(selectors.conversation(ticket_id=ticket.pk))) == 7


# ---- the message's frame ----


def test_a_messages_frame_holds_all_that_a_widget_shows():
    run = AgentRunFactory()
    message = AgentMessageFactory(
        ticket=run.ticket, run=run, quick_replies=[{"label": "Yes", "value": "Yes"}], card={"kind": "result"}
    )
    CitationFactory(message=message, number=2, title="Members", quote="Open Settings.", article_slug="members")
    file = AttachmentFactory(message=message)
    frame = selectors.message_frame(message)
    assert frame == {
        "id": str(message.public_id),
        "client_id": str(message.client_id),
        "sequence": 1,
        "author": "ai_agent",
        "author_name": "AI agent",
        "author_initials": "",
        "kind": "public",
        "body": "Open Settings and choose Members. [1]",
        "created_at": message.created_at.isoformat(),
        "quick_replies": [{"label": "Yes", "value": "Yes"}],
        "card": {"kind": "result"},
        "citations": [{"number": 2, "title": "Members", "quote": "Open Settings.", "url": "/help/members/"}],
        "attachments": [
            {"id": str(file.public_id), "name": "error.png", "content_type": "image/png", "size": 2048}
        ],
        "run": str(run.public_id),
    }  # fmt: skip


def test_a_source_without_an_article_has_no_page():
    assert selectors.citation_frame(CitationFactory())["url"] == ""


def test_authors_are_named_as_customers_know_them():
    ines = UserFactory(name="Ines Moreau")
    ana = ContactFactory(name="Ana Ruiz")
    visitor = VisitorFactory()
    named = [
        selectors.author_name(message)
        for message in (
            StaffMessageFactory(user=ines),
            StaffMessageFactory(user=None),
            AgentMessageFactory(),
            MessageFactory(ticket__contact=ana),
            MessageFactory(ticket__contact=visitor),
            MessageFactory(author=Message.Author.SYSTEM, kind=Message.Kind.EVENT),
        )
    ]
    assert named == ["Ines", "Support", "AI agent", "Ana Ruiz", visitor.display_name, ""]
    assert selectors.message_frame(StaffMessageFactory(user=ines))["author_initials"] == "IM"
