"""REST: a ticket's conversation is read and answered."""

import uuid

import pytest

from accounts.tests.factories import UserFactory
from tickets.models import Ticket
from tickets.tests.factories import (
    AgentMessageFactory,
    CitationFactory,
    MessageFactory,
    NoteFactory,
    PersonTicketFactory,
    TicketFactory,
)

pytestmark = pytest.mark.django_db


def url(ticket: Ticket) -> str:
    return f"/api/v1/tickets/{ticket.public_id}/messages/"


def test_a_conversation_is_told_in_order_with_notes_and_sources(api):
    ticket = TicketFactory()
    MessageFactory(ticket=ticket, body="How do I invite Jo?")
    answer = AgentMessageFactory(ticket=ticket)
    CitationFactory(message=answer, title="Members and roles", quote="Open Settings.")
    NoteFactory(ticket=ticket)
    rows = api.get(url(ticket)).json()["results"]
    assert [(row["sequence"], row["author"], row["kind"]) for row in rows] == [
        (1, "customer", "public"),
        (2, "ai_agent", "public"),
        (3, "agent", "note"),
    ]
    assert rows[1]["citations"][0]["quote"] == "Open Settings."
    assert rows[1]["author_name"] == "AI agent"


def test_long_conversations_come_in_pages(api):
    ticket = TicketFactory()
    for _ in range(5):
        MessageFactory(ticket=ticket)
    page = api.get(url(ticket), {"limit": 2}).json()
    seen = [row["sequence"] for row in page["results"]]
    while page["next"]:
        page = api.get(page["next"]).json()
        seen += [row["sequence"] for row in page["results"]]
    assert seen == [1, 2, 3, 4, 5]


def test_other_tickets_stay_out(api):
    ticket = TicketFactory()
    MessageFactory()
    assert api.get(url(ticket)).json()["results"] == []


def test_the_number_of_queries_is_fixed(api, django_assert_max_num_queries):
    ticket = TicketFactory()
    for _ in range(6):
        CitationFactory(message=AgentMessageFactory(ticket=ticket))
    api.get(url(ticket))
    with django_assert_max_num_queries(7):
        api.get(url(ticket))


def test_a_reply_is_the_users_and_takes_the_ticket_over(make_api):
    jonas = UserFactory(name="Jonas Berg")
    ticket = TicketFactory()
    response = make_api("read", "write", user=jonas).post(url(ticket), {"text": "I have refunded it."})
    assert response.status_code == 201, response.content
    body = response.json()
    assert (body["author"], body["author_name"], body["kind"]) == ("agent", "Jonas", "public")
    ticket.refresh_from_db()
    assert (ticket.handler, ticket.assignee) == ("person", jonas)


def test_a_note_is_seen_by_staff_only_and_takes_nothing_over(api):
    ticket = TicketFactory()
    response = api.post(url(ticket), {"text": "Seen before.", "kind": "note"})
    assert response.json()["kind"] == "note"
    ticket.refresh_from_db()
    assert ticket.handler == "ai_agent"


def test_the_same_key_posts_once(api):
    ticket = PersonTicketFactory()
    first = api.post(url(ticket), {"text": "Hello"}, HTTP_IDEMPOTENCY_KEY="a")
    again = api.post(url(ticket), {"text": "Hello"}, HTTP_IDEMPOTENCY_KEY="a")
    assert first.json()["id"] == again.json()["id"]
    assert ticket.messages.count() == 1


def test_the_same_key_with_another_text_is_refused(api):
    ticket = PersonTicketFactory()
    api.post(url(ticket), {"text": "Hello"}, HTTP_IDEMPOTENCY_KEY="a")
    assert api.post(url(ticket), {"text": "Bye"}, HTTP_IDEMPOTENCY_KEY="a").status_code == 422


def test_the_same_key_on_another_ticket_is_another_message(api):
    one, two = PersonTicketFactory(), PersonTicketFactory()
    api.post(url(one), {"text": "Hello"}, HTTP_IDEMPOTENCY_KEY="a")
    api.post(url(two), {"text": "Hello"}, HTTP_IDEMPOTENCY_KEY="a")
    assert (one.messages.count(), two.messages.count()) == (1, 1)


@pytest.mark.parametrize("body", [{}, {"text": ""}, {"text": " \n"}, {"text": "x", "kind": "event"}])
def test_what_makes_no_sense_is_refused(api, body):
    ticket = PersonTicketFactory()
    assert api.post(url(ticket), body).status_code in {400, 422}
    assert not ticket.messages.exists()


def test_it_needs_the_right_and_the_scope(make_api):
    ticket = PersonTicketFactory()
    assert make_api("read", "write", role="ai_oversight").post(url(ticket), {"text": "x"}).status_code == 403
    assert make_api("read").post(url(ticket), {"text": "x"}).status_code == 403


def test_a_ticket_that_does_not_exist(api):
    address = f"/api/v1/tickets/{uuid.uuid4()}/messages/"
    assert api.get(address).status_code == 404
    assert api.post(address, {"text": "x"}).status_code == 404


def test_messages_that_arrive_between_two_pages_come_at_the_end(api):
    ticket = PersonTicketFactory()
    for number in range(4):
        api.post(url(ticket), {"text": f"m{number}", "kind": "note"})
    first = api.get(url(ticket), {"limit": 3}).json()
    api.post(url(ticket), {"text": "m4", "kind": "note"})
    second = api.get(first["next"]).json()
    assert [row["body"] for row in first["results"] + second["results"]] == ["m0", "m1", "m2", "m3", "m4"]
    assert second["next"] is None


def test_a_key_is_good_for_another_message_once_the_first_is_refused(api):
    ticket = PersonTicketFactory()
    assert api.post(url(ticket), {"text": " "}, headers={"Idempotency-Key": "k"}).status_code in {400, 422}
    assert api.post(url(ticket), {"text": "Hello"}, headers={"Idempotency-Key": "k"}).status_code == 201


def test_a_conversation_takes_no_filters(api):
    assert api.get(url(PersonTicketFactory()), {"author": "agent"}).status_code == 400
