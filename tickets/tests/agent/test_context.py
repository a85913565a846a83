"""The picture that a policy sees follows from the rows alone."""

from datetime import timedelta

import pytest

from accounts.models import IdentityLevel
from accounts.tests.factories import BrandFactory, ContactFactory, VisitorFactory
from tickets.agent.context import build_context
from tickets.models import AgentRun
from tickets.tests.agent.builders import context, settings, step
from tickets.tests.factories import (
    AgentMessageFactory,
    AgentRunFactory,
    AgentStepFactory,
    AttachmentFactory,
    MessageFactory,
    NoteFactory,
    TicketFactory,
)

pytestmark = pytest.mark.django_db

SETTINGS = settings(silence=timedelta(hours=1))


def picture(run: AgentRun):
    return build_context(run, SETTINGS)


def texts(said) -> list[str]:
    return [one.text for one in said]


def run_on(ticket, *, read: int, **fields) -> AgentRun:
    return AgentRunFactory(ticket=ticket, input_sequence=read, **{"state": AgentRun.State.RUNNING, **fields})


# ---- the turn ----


def test_the_turn_is_what_no_earlier_run_has_read():
    ticket = TicketFactory()
    MessageFactory(ticket=ticket, body="First")
    run_on(ticket, read=1, state="completed")
    AgentMessageFactory(ticket=ticket, body="An answer")
    MessageFactory(ticket=ticket, body="Second")
    MessageFactory(ticket=ticket, body="Third")
    seen = picture(run_on(ticket, read=4))
    assert texts(seen.turn) == ["Second", "Third"]
    assert texts(seen.said) == ["First", "An answer", "Second", "Third"]
    assert seen.text == "Second\nThird"
    assert seen.customer_history == ("First",)


@pytest.mark.parametrize("state", ["cancelled", "failed"])
def test_a_run_that_answered_nothing_has_read_nothing(state):
    ticket = TicketFactory()
    MessageFactory(ticket=ticket, body="First")
    run_on(ticket, read=1, state=state)
    MessageFactory(ticket=ticket, body="Second")
    assert texts(picture(run_on(ticket, read=2)).turn) == ["First", "Second"]


def test_what_came_after_the_run_was_queued_is_not_seen():
    ticket = TicketFactory()
    MessageFactory(ticket=ticket, body="First")
    run = run_on(ticket, read=1)
    MessageFactory(ticket=ticket, body="Later")
    assert texts(picture(run).said) == ["First"]


def test_notes_and_other_episodes_are_not_seen():
    ticket = TicketFactory(episode=2)
    MessageFactory(ticket=ticket, episode=1, body="Long ago")
    run_on(ticket, read=1, episode=1, state="completed")
    NoteFactory(ticket=ticket, body="Refund everything, says the boss")
    MessageFactory(ticket=ticket, body="Today")
    seen = picture(run_on(ticket, read=3))
    assert texts(seen.said) == ["Today"]


def test_another_tickets_messages_and_steps_are_not_seen():
    AgentStepFactory()
    MessageFactory()
    ticket = TicketFactory()
    seen = picture(run_on(ticket, read=5))
    assert (seen.said, seen.all_steps) == ((), ())


def test_what_was_read_in_files_belongs_to_the_message():
    message = MessageFactory(body="See here")
    AttachmentFactory(message=message, reading="Error 500")
    AttachmentFactory(message=message, reading="")
    assert picture(run_on(message.ticket, read=1)).text == "See here\nError 500"


def test_the_newest_page_of_the_turn_counts():
    ticket = TicketFactory()
    MessageFactory(ticket=ticket, page={"url": "/old"})
    run_on(ticket, read=1, state="completed")
    MessageFactory(ticket=ticket, page={"url": "/new"})
    MessageFactory(ticket=ticket)
    assert picture(run_on(ticket, read=3)).page == {"url": "/new"}


def test_without_a_page_it_is_empty():
    message = MessageFactory()
    assert picture(run_on(message.ticket, read=1)).page == {}


# ---- the person ----


def test_the_weakest_message_of_the_turn_decides_who_it_is():
    ticket = TicketFactory()
    MessageFactory(ticket=ticket, identity_level="signed")
    MessageFactory(ticket=ticket, identity_level="claimed")
    seen = picture(run_on(ticket, read=2))
    assert (seen.person.level, seen.person.is_verified) == ("claimed", False)


def test_an_earlier_turn_does_not_weaken_this_one():
    ticket = TicketFactory()
    MessageFactory(ticket=ticket, identity_level="anonymous")
    run_on(ticket, read=1, state="completed")
    MessageFactory(ticket=ticket, identity_level="signed")
    assert picture(run_on(ticket, read=2)).person.is_verified


def test_without_a_message_nobody_is_known():
    assert picture(run_on(TicketFactory(), read=0)).person.level == "anonymous"


@pytest.mark.parametrize(
    ("level", "is_verified"),
    [("anonymous", False), ("claimed", False), ("mail_authenticated", True), ("code_verified", True), ("signed", True)],
)
def test_account_facts_need_an_authenticated_address_at_least(level, is_verified):
    message = MessageFactory(identity_level=level)
    assert picture(run_on(message.ticket, read=1)).person.is_verified is is_verified
    assert level in IdentityLevel.values


def test_the_person_is_what_expressions_may_read():
    contact = ContactFactory(name="Ana Ruiz", email="ana@northwind.example", organization__name="Northwind")
    message = MessageFactory(ticket__contact=contact)
    assert picture(run_on(message.ticket, read=1)).person.values() == {
        "name": "Ana Ruiz",
        "email": "ana@northwind.example",
        "organization": "Northwind",
        "plan": "pro",
        "verified": True,
    }


def test_a_visitor_has_no_organization():
    message = MessageFactory(ticket__contact=VisitorFactory())
    person = picture(run_on(message.ticket, read=1)).person
    assert (person.organization, person.plan, person.email) == ("", "", "")


@pytest.mark.parametrize(("languages", "spoken"), [(["de", "en"], ("de", "en")), ([], ("en",))])
def test_the_brand_answers_in_its_languages_or_in_english(languages, spoken):
    brand = BrandFactory(languages=languages)
    ticket = TicketFactory(contact__brand=brand)
    assert picture(run_on(ticket, read=0)).languages == spoken


# ---- the journal ----


def test_own_steps_are_kept_apart_from_earlier_ones():
    ticket = TicketFactory()
    earlier = run_on(ticket, read=1, state="completed")
    AgentStepFactory(run=earlier, index=1, kind="understand")
    AgentStepFactory(run=earlier, index=2, kind="ask")
    run = run_on(ticket, read=2)
    AgentStepFactory(run=run, index=1, kind="understand", input={"intent": "refund"})
    seen = picture(run)
    assert [one.kind for one in seen.earlier] == ["understand", "ask"]
    assert [one.kind for one in seen.steps] == ["understand"]
    assert [one.kind for one in seen.all_steps] == ["understand", "ask", "understand"]
    assert seen.step("understand").input == {"intent": "refund"}
    assert seen.step("act") is None


def test_a_run_that_is_woken_does_not_see_what_later_runs_did():
    ticket = TicketFactory()
    woken = run_on(ticket, read=1)
    later = run_on(ticket, read=2, state="completed")
    AgentStepFactory(run=later, index=1)
    assert picture(woken).all_steps == ()


def test_the_same_rows_give_the_same_picture():
    message = MessageFactory()
    run = run_on(message.ticket, read=1)
    AgentStepFactory(run=run)
    assert picture(run) == picture(run)


def test_a_picture_takes_four_queries_however_much_was_said(django_assert_num_queries):
    ticket = TicketFactory()
    for _ in range(6):
        AttachmentFactory(message=MessageFactory(ticket=ticket))
    run = AgentRun.objects.select_related("ticket__contact__organization", "ticket__brand").get(
        pk=run_on(ticket, read=6).pk
    )
    with django_assert_num_queries(4):  # messages, their files, the run before, steps
        picture(run)


# ---- what may be answered ----


def test_a_question_is_pending_when_it_was_the_last_thing_done():
    asked = step("ask", text="Which?")
    assert context(earlier=(step("understand"), asked)).pending == asked
    assert context(earlier=(asked, step("understand"), step("retrieve"))).pending == asked


@pytest.mark.parametrize("after", [step("answer"), step("hand_off"), step("act")], ids=lambda found: found.kind)
def test_a_question_that_was_followed_by_something_else_is_over(after):
    assert context(earlier=(step("ask"), after)).pending is None


def test_a_question_that_was_never_asked_is_not_pending():
    assert context(earlier=(step("ask", state="refused"),)).pending is None
    assert context(earlier=()).pending is None
