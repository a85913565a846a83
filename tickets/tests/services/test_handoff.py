"""A ticket passes to people once, with a packet, an honest notice and nothing to repeat."""

from functools import partial
from uuid import uuid4

import pytest

from accounts.tests.factories import ContactFactory, TeamFactory, UserFactory, VisitorFactory
from integrations.tests.services.test_parallel import together
from supportai.core.errors import NotFoundError
from tickets.events import HandoffRequested, MessagePosted, TicketChanged
from tickets.models import AgentRun, Handoff, Message, Ticket
from tickets.services import lifecycle
from tickets.services.handoff import OPENINGS, hand_off, notice_for, request_person
from tickets.services.packet import packet_text
from tickets.tests.factories import (
    AgentRunFactory,
    MessageFactory,
    PersonTicketFactory,
    ResolvedTicketFactory,
    TicketFactory,
)
from tickets.tests.talk import say

pytestmark = pytest.mark.django_db

Reason = Handoff.Reason


def running(**fields) -> AgentRun:
    run = AgentRunFactory(state="running", finished_at=None, **fields)
    MessageFactory(ticket=run.ticket, body="My export is empty.")
    return run


def ask(ticket: Ticket | None, contact=None, level: str = "signed") -> Handoff | None:
    contact = contact or ticket.contact
    return request_person(
        contact_id=contact.pk,
        brand_id=contact.brand_id,
        ticket_public_id=ticket.public_id if ticket else None,
        identity_level=level,
    )


# ---- by the AI agent ----


def test_a_handoff_gives_the_ticket_to_people_with_packet_and_notice(seen, django_capture_on_commit_callbacks):
    general = TeamFactory(is_default=True)
    run = running(ticket__status="pending")
    with django_capture_on_commit_callbacks(execute=True):
        made = hand_off(
            run=run, reason=Reason.LOW_CONFIDENCE, draft="Try again?", next_step="Call them.", why="Unsure."
        )
        assert seen == []
    ticket = Ticket.objects.get()
    assert (made.state, made.run, made.episode, made.reason) == ("queued", run, 1, "low_confidence")
    assert (ticket.handler, ticket.status, ticket.team, ticket.assignee) == ("person", "open", general, None)
    notice = ticket.messages.get(author=Message.Author.AI_AGENT)
    assert (notice.body, notice.run) == (notice_for(Reason.LOW_CONFIDENCE, general), run)
    assert made.packet["draft"] == "Try again?"
    assert "My export is empty." in packet_text(made.packet)
    assert "Next: Call them." in packet_text(made.packet)
    assert seen == [
        MessagePosted(ticket_id=ticket.pk, message_id=notice.pk, author="ai_agent", kind="public"),
        HandoffRequested(ticket_id=ticket.pk, handoff_id=made.pk, reason="low_confidence"),
        TicketChanged(ticket_id=ticket.pk),
    ]


def test_handing_off_twice_makes_one_handoff_and_one_notice():
    run = running()
    first = hand_off(run=run, reason=Reason.POLICY)
    assert hand_off(run=run, reason=Reason.TOOL_FAILURE) == first
    assert Handoff.objects.get().reason == "policy"
    assert run.ticket.messages.filter(author=Message.Author.AI_AGENT).count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_handoff_from_four_threads_is_one(seen):
    run = running()
    made = together([partial(hand_off, run=run, reason=Reason.POLICY)] * 4)
    assert len({handoff.pk for handoff in made}) == 1


def test_the_run_that_hands_off_goes_on_to_its_end():
    run = running()
    hand_off(run=run, reason=Reason.POLICY)
    run.refresh_from_db()
    assert run.state == AgentRun.State.RUNNING


def test_a_ticket_that_a_person_has_is_not_handed_off():
    run = running(ticket=PersonTicketFactory())
    assert hand_off(run=run, reason=Reason.POLICY) is None
    assert not Handoff.objects.exists()


@pytest.mark.parametrize(
    "ticket", [{"episode": 2}, {"status": "resolved"}], ids=["an earlier episode", "resolved meanwhile"]
)
def test_a_run_whose_time_is_over_hands_nothing_off(ticket):
    made = ResolvedTicketFactory() if "status" in ticket else TicketFactory(**ticket)
    assert hand_off(run=running(ticket=made, episode=1), reason=Reason.POLICY) is None
    assert not Handoff.objects.exists()


def test_a_cancelled_run_hands_nothing_off():
    run = running()
    AgentRun.objects.update(state=AgentRun.State.CANCELLED)
    assert hand_off(run=run, reason=Reason.POLICY) is None


def test_a_team_that_was_chosen_stays():
    TeamFactory(is_default=True)
    billing = TeamFactory(name="Billing")
    run = running(ticket__team=billing)
    hand_off(run=run, reason=Reason.POLICY)
    run.ticket.refresh_from_db()
    assert run.ticket.team == billing


def test_a_notice_of_the_decision_replaces_the_usual_one():
    run = running()
    hand_off(run=run, reason=Reason.POLICY, notice="Danke, ein Mensch antwortet.")
    assert run.ticket.messages.get(author=Message.Author.AI_AGENT).body == "Danke, ein Mensch antwortet."


@pytest.mark.parametrize("reason", Reason.values)
def test_a_notice_says_why_who_and_that_nothing_must_be_repeated(reason):
    notice = notice_for(reason, TeamFactory.build(name="Billing"))
    assert notice.startswith(OPENINGS[reason])
    assert "our billing team" in notice
    assert "need not repeat anything" in notice


def test_without_a_special_team_it_is_our_team():
    assert "to our team." in notice_for(Reason.POLICY, None)
    assert "to our team." in notice_for(Reason.POLICY, TeamFactory.build(name="General", is_default=True))


# ---- by the customer ----


def test_a_customer_gets_a_person_on_the_ticket_at_once(seen, django_capture_on_commit_callbacks):
    ticket = say(ContactFactory(), "My export is empty").ticket
    run = ticket.runs.get()
    with django_capture_on_commit_callbacks(execute=True):
        seen.clear()
        made = ask(ticket)
        assert seen == []
    ticket.refresh_from_db()
    run.refresh_from_db()
    bodies = list(ticket.messages.values_list("author", "body"))
    assert bodies[1] == ("customer", "I would like to talk to a person.")
    assert bodies[2] == ("ai_agent", notice_for(Reason.CUSTOMER_REQUEST, None))
    assert (made.reason, made.run, ticket.handler, run.state) == ("customer_request", None, "person", "cancelled")
    assert "My export is empty" in packet_text(made.packet)
    assert HandoffRequested(ticket_id=ticket.pk, handoff_id=made.pk, reason="customer_request") in seen


def test_asking_again_while_a_person_has_the_ticket_changes_nothing():
    ticket = say(ContactFactory()).ticket
    ask(ticket)
    assert ask(ticket) is None
    assert (ticket.messages.count(), ticket.handoffs.count()) == (3, 1)


def test_without_a_ticket_one_is_opened():
    visitor = VisitorFactory()
    made = ask(None, visitor, level="anonymous")
    assert (made.ticket.contact, made.ticket.subject, made.ticket.channel) == (visitor, "Asks for a person", "widget")
    assert made.ticket.messages.get(author="customer").identity_level == "anonymous"


def test_asking_again_without_a_ticket_opens_no_second_one():
    visitor = VisitorFactory()
    assert ask(None, visitor) == ask(None, visitor)
    assert Ticket.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_asking_from_four_tabs_at_once_opens_one_ticket(seen):
    visitor = VisitorFactory()
    assert len({made.pk for made in together([partial(ask, None, visitor)] * 4)}) == 1
    assert Ticket.objects.count() == 1


def test_somebody_elses_request_is_not_found_again():
    ask(None, VisitorFactory())
    ask(None, VisitorFactory())
    assert Ticket.objects.count() == 2


def test_after_the_first_was_answered_asking_anew_opens_another():
    visitor = VisitorFactory()
    first = ask(None, visitor)
    lifecycle.take_over(ticket_id=first.ticket_id, user_id=UserFactory().pk)
    assert ask(None, visitor).ticket != first.ticket


def test_a_resolved_ticket_begins_an_episode_with_a_person():
    ticket = ResolvedTicketFactory(handler="person")
    made = ask(ticket)
    ticket.refresh_from_db()
    assert (ticket.episode, made.episode, ticket.status, ticket.handler) == (2, 2, "open", "person")


def test_a_returned_ticket_can_be_asked_away_again():
    ticket = say(ContactFactory()).ticket
    ask(ticket)
    lifecycle.return_to_ai(ticket_id=ticket.pk, user_id=UserFactory().pk)
    assert ask(ticket).episode == 2
    assert ticket.handoffs.filter(state__in=Handoff.OPEN).count() == 1


@pytest.mark.parametrize("is_there", [True, False], ids=["another contact's", "none at all"])
def test_a_ticket_that_is_not_the_contacts_is_not_found(is_there):
    named = TicketFactory() if is_there else Ticket(public_id=uuid4())
    with pytest.raises(NotFoundError):
        ask(named, ContactFactory())
    assert not Handoff.objects.exists()
    assert not Message.objects.exists()
