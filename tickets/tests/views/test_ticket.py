import json
import uuid

import pytest
from django.test import Client
from django.urls import reverse

from accounts.tests.factories import ContactFactory, OrganizationFactory, UserFactory, VisitorFactory
from tickets.models import AgentRun, AgentStep, Handoff, Message, Ticket
from tickets.tests.factories import (
    AgentMessageFactory,
    AgentRunFactory,
    AgentStepFactory,
    AttachmentFactory,
    CitationFactory,
    CsatFactory,
    HandoffFactory,
    IntentFactory,
    MessageFactory,
    NoteFactory,
    PersonTicketFactory,
    ResolvedTicketFactory,
    StaffMessageFactory,
    TicketFactory,
)

HTMX = {"HX-Request": "true"}


def url(name: str, ticket: Ticket) -> str:
    return reverse(f"tickets:{name}", args=[ticket.public_id])


def page(client: Client, ticket: Ticket) -> str:
    response = client.get(url("ticket", ticket))
    assert response.status_code == 200
    return response.content.decode()


def say(client: Client, ticket: Ticket, text: str, kind: str = "reply", **extra):
    fields = {"kind": kind, "client_id": str(uuid.uuid4()), "text": text} | extra
    return client.post(url("say", ticket), fields, headers=HTMX)


def events(response) -> dict:
    """Give what the page is told, all of it at its body."""
    found: dict = json.loads(response["HX-Trigger"])
    assert {detail.pop("target") for detail in found.values()} == {"body"}
    return found


def test_who_it_is_assigned_to_follows_with_the_head(lead, ines):
    ticket = PersonTicketFactory()
    lead.post(url("take-over", ticket), headers=HTMX)
    html = lead.get(url("head", ticket)).content.decode()
    assert 'id="assigned" hx-swap-oob="true"' in html
    assert f'<option value="{ines.pk}" selected>' in html
    assert 'id="assigned">' in page(lead, ticket)


def test_the_intent_is_named_as_staff_know_it(lead):
    IntentFactory(slug="human_request", name="Wants a person")
    assert '<span class="tag">Wants a person</span>' in page(lead, TicketFactory(intent="human_request"))
    assert '<span class="tag">Gone since</span>' in page(lead, TicketFactory(intent="gone_since"))


# --- Reading ------------------------------------------------------------------------------------
def test_a_ticket_that_does_not_exist_is_said_so(lead):
    address = reverse("tickets:ticket", args=[uuid.uuid4()])
    response = lead.get(address, headers={"Accept": "text/html"})
    assert response.status_code == 404
    assert "This ticket does not exist" in response.content.decode()


def test_each_hand_has_its_own_mark(lead):
    ticket = MessageFactory(ticket__contact=ContactFactory(name="Ana Ruiz")).ticket
    AgentMessageFactory(ticket=ticket)
    StaffMessageFactory(ticket=ticket, user=UserFactory(name="Jonas Berg"))
    html = page(lead, ticket)
    assert '<span class="who customer" aria-hidden="true">AR</span>' in html
    assert '<span class="who ai_agent" aria-hidden="true">AI</span>' in html
    assert '<span class="who agent" aria-hidden="true">JB</span>' in html


def test_an_answer_links_its_marks_to_quoted_sources(lead):
    message = AgentMessageFactory(body="Open **Settings**. [1] Not a source: [7].")
    CitationFactory(message=message, number=1, title="Members and roles", quote="Settings has members.")
    html = page(lead, message.ticket)
    assert "<strong>Settings</strong>" in html
    anchor = f"message-{message.sequence}-source-1"
    assert f'href="#{anchor}" aria-label="Source 1: Members and roles"' in html
    assert f'id="{anchor}"' in html
    assert "<q>Settings has members.</q>" in html
    assert "[7]" in html


def test_a_note_says_that_the_customer_never_sees_it(lead):
    note = NoteFactory(body="Between us.")
    assert "internal note, the customer never sees it" in page(lead, note.ticket)


def test_files_are_offered_with_what_was_read_in_them(lead):
    attachment = AttachmentFactory(name="error.png", reading="Export failed E-417")
    html = page(lead, attachment.message.ticket)
    assert "error.png" in html
    assert "read as: “Export failed E-417”" in html


def test_the_packet_comes_first_with_the_next_step_apart(lead):
    ticket = HandoffFactory(reason="tool_failure").ticket
    html = page(lead, ticket)
    assert html.index("Hand-off packet") < html.index('id="thread"')
    assert "Reason: a tool failed" in html
    assert '<div class="next"><dt>Next</dt><dd>Greet the customer and go on.</dd>' in html
    assert "Customer: Cannot invite Jo." not in html  # the conversation itself is below


def test_the_draft_is_offered_until_a_person_has_replied(lead):
    ticket = HandoffFactory().ticket
    assert "Send as yours" in page(lead, ticket)
    say(lead, ticket, "I answer myself.")
    assert "Send as yours" not in page(lead, ticket)


def test_a_packet_of_a_returned_ticket_is_over(lead):
    ticket = HandoffFactory(state=Handoff.State.RETURNED).ticket
    html = page(lead, ticket)
    assert "packet is-over" in html
    assert "Send as yours" not in html


def test_the_story_shows_what_was_refused_with_its_rule_and_words(lead):
    run = AgentRunFactory()
    AgentStepFactory(
        run=run,
        kind=AgentStep.Kind.ANSWER,
        state=AgentStep.State.REFUSED,
        rule="no_claim_without_a_success",
        story="Refused a text that claims what did not succeed.",
        input={"sentences": [{"text": "Your refund is on its way."}]},
    )
    html = page(lead, run.ticket)
    assert '<li class="step refused"' in html
    assert "No claim without a success" in html
    assert "<del>Your refund is on its way.</del>" in html


def test_the_story_is_told_anew_while_the_agent_works(lead):
    run = AgentRunFactory(state=AgentRun.State.RUNNING, finished_at=None)
    AgentStepFactory(run=run, story="Searched the help center: 3 passages considered.")
    html = lead.get(url("story", run.ticket)).content.decode()
    assert "3 passages considered" in html
    assert "It is working on this now." in html


def test_the_customer_is_shown_with_proof_plan_and_past(lead):
    studio = OrganizationFactory(name="Northwind", plan="pro", mrr_cents=24900)
    contact = ContactFactory(name="Ana Ruiz", email="ana@northwind.example", organization=studio)
    earlier = ResolvedTicketFactory(contact=contact, subject="How to add a branch")
    CsatFactory(ticket=earlier, score=4)
    page_shared = {"url": "https://app.example/billing", "title": "Billing", "errors": ["422 E-417"]}
    message = MessageFactory(ticket=TicketFactory(contact=contact), identity_level="signed", page=page_shared)
    html = page(lead, message.ticket)
    assert "Verified by sign-in" in html
    for text in ("Northwind", "Pro", "$249.00 a month", "4 of 5", "How to add a branch", "422 E-417"):
        assert text in html


def test_an_unproven_visitor_is_called_so(lead):
    message = MessageFactory(ticket=TicketFactory(contact=VisitorFactory()), identity_level="anonymous")
    assert "Anonymous, not proven" in page(lead, message.ticket)


def test_another_customers_tickets_are_not_listed_as_earlier(lead):
    TicketFactory(subject="Somebody else's")
    assert "Somebody else" not in page(lead, TicketFactory())


def test_a_ticket_takes_as_many_queries_for_forty_messages_as_for_one(lead, django_assert_num_queries):
    ticket = HandoffFactory().ticket

    def talk(times):
        for number in range(times):
            CitationFactory(message=AgentMessageFactory(ticket=ticket))
            AttachmentFactory(message=MessageFactory(ticket=ticket))
            StaffMessageFactory(ticket=ticket)
            run = AgentRunFactory(ticket=ticket, state="completed")
            AgentStepFactory(run=run, index=number + 1)

    talk(1)
    with django_assert_num_queries(22):
        page(lead, ticket)
    talk(10)
    with django_assert_num_queries(22):
        page(lead, ticket)


# --- Live parts ---------------------------------------------------------------------------------
def test_only_what_the_page_lacks_is_fetched(lead):
    ticket = MessageFactory(body="first").ticket
    MessageFactory(ticket=ticket, body="second")
    html = lead.get(url("conversation", ticket), {"after": "1"}).content.decode()
    assert "second" in html
    assert "first" not in html


@pytest.mark.parametrize("after", ["x", "-1", "1" * 30, "²"])
def test_a_broken_sequence_is_refused(lead, after):
    response = lead.get(url("conversation", TicketFactory()), {"after": after}, headers=HTMX)
    assert response.status_code == 422


@pytest.mark.parametrize("part", ["pane", "pane-head", "head", "story", "packet", "draft", "conversation"])
def test_every_part_has_one_root_that_the_page_has_too(lead, part):
    ticket = HandoffFactory().ticket
    MessageFactory(ticket=ticket)
    html = lead.get(url(part, ticket)).content.decode().strip()
    root = html.split('id="', 1)[1].split('"', 1)[0]
    whole = lead.get("/", {"ticket": str(ticket.public_id)}).content.decode() + page(lead, ticket)
    assert f'id="{root}"' in whole


def test_the_reading_pane_says_why_the_ticket_is_here(lead):
    ticket = HandoffFactory(reason="customer_request").ticket
    html = lead.get(url("pane", ticket)).content.decode()
    assert "Handed off just now:" in html
    assert "the customer asked for a person" in html


# --- Doing --------------------------------------------------------------------------------------
def test_a_reply_takes_the_ticket_and_leaves_a_fresh_composer(lead, ines):
    ticket = MessageFactory().ticket
    response = say(lead, ticket, "I look into it.")
    ticket.refresh_from_db()
    assert ticket.assignee == ines
    assert ticket.is_with_person
    reply = ticket.messages.get(author=Message.Author.AGENT)
    assert (reply.body, reply.kind, reply.user) == ("I look into it.", Message.Kind.PUBLIC, ines)
    assert 'id="composer"' in response.content.decode()
    assert "I look into it." not in response.content.decode()
    assert events(response)["composer:sent"] == {"ticket": str(ticket.public_id), "kind": "reply"}
    assert "live:message" in events(response)


def test_sending_the_same_reply_twice_stores_it_once(lead):
    ticket = TicketFactory()
    client_id = str(uuid.uuid4())
    for _ in range(2):
        say(lead, ticket, "Once.", client_id=client_id)
    assert ticket.messages.filter(author=Message.Author.AGENT).count() == 1


def test_a_note_does_not_take_the_ticket(lead):
    ticket = TicketFactory()
    say(lead, ticket, "Only for us.", kind="note")
    ticket.refresh_from_db()
    assert not ticket.is_with_person
    assert ticket.messages.get().kind == Message.Kind.NOTE


@pytest.mark.parametrize("fields", [{"text": "   "}, {"kind": "shout"}, {"client_id": "x"}, {"text": "x" * 20_001}])
def test_a_reply_that_cannot_be_stored_is_refused_in_words(lead, fields):
    ticket = TicketFactory()
    response = say(lead, ticket, **({"text": "Hello"} | fields))
    assert response.status_code == 422
    assert events(response)["toast"]["kind"] == "bad"
    assert events(response)["toast"]["text"]
    assert not ticket.messages.exists()


def test_a_reply_works_without_javascript(lead):
    ticket = TicketFactory()
    fields = {"kind": "reply", "client_id": str(uuid.uuid4()), "text": "Hello"}
    response = lead.post(url("say", ticket), fields)
    assert response["Location"] == url("ticket", ticket)
    assert ticket.messages.filter(body="Hello").exists()


def test_taking_over_stops_the_ai_agent(lead, ines):
    run = AgentRunFactory(state=AgentRun.State.RUNNING, finished_at=None)
    response = lead.post(url("take-over", run.ticket), headers=HTMX)
    run.refresh_from_db()
    run.ticket.refresh_from_db()
    assert response.status_code == 204
    assert run.state == AgentRun.State.CANCELLED
    assert run.ticket.assignee == ines
    assert events(response)["live:ticket"] == {"ticket": str(run.ticket.public_id)}


def test_a_ticket_can_go_back_to_the_ai_agent(lead, ines):
    ticket = PersonTicketFactory(assignee=ines)
    lead.post(url("return", ticket), headers=HTMX)
    ticket.refresh_from_db()
    assert (ticket.handler, ticket.assignee, ticket.episode) == (Ticket.Handler.AI_AGENT, None, 2)


def test_resolving_offers_the_way_back(lead):
    ticket = PersonTicketFactory()
    response = lead.post(url("resolve", ticket), headers=HTMX)
    ticket.refresh_from_db()
    assert ticket.is_resolved
    assert ticket.resolved_by == "staff"
    undo = events(response)["toast"]["undo"]
    lead.post(undo, headers=HTMX)
    ticket.refresh_from_db()
    assert not ticket.is_resolved


def test_resolving_twice_says_so(lead):
    ticket = ResolvedTicketFactory()
    response = lead.post(url("resolve", ticket), headers=HTMX)
    assert response.status_code == 409
    assert "already resolved" in events(response)["toast"]["text"]


def test_a_ticket_is_assigned_and_freed(lead, jonas):
    ticket = PersonTicketFactory()
    lead.post(url("assign", ticket), {"user": jonas.pk}, headers=HTMX)
    ticket.refresh_from_db()
    assert ticket.assignee == jonas
    lead.post(url("assign", ticket), {"user": ""}, headers=HTMX)
    ticket.refresh_from_db()
    assert ticket.assignee is None


def test_a_ticket_is_assigned_only_to_somebody_who_works_here(lead):
    gone = UserFactory(is_active=False)
    response = lead.post(url("assign", PersonTicketFactory()), {"user": gone.pk}, headers=HTMX)
    assert response.status_code == 422


@pytest.mark.parametrize("action", ["say", "take-over", "return", "resolve", "reopen", "assign"])
def test_who_may_only_read_changes_nothing(overseer, action):
    ticket = MessageFactory().ticket
    before = Ticket.objects.values().get(pk=ticket.pk)
    response = overseer.post(url(action, ticket), {"kind": "reply", "text": "Hi"}, headers=HTMX)
    assert response.status_code == 403
    assert Ticket.objects.values().get(pk=ticket.pk) == before
    assert ticket.messages.count() == 1


def test_who_may_only_read_sees_no_buttons(overseer):
    html = page(overseer, MessageFactory().ticket)
    assert "Agents and leads can answer" in html
    for word in ("Take over", "Resolve <kbd>", "Assigned to"):
        assert word not in html


@pytest.mark.parametrize("action", ["say", "take-over", "return", "resolve", "reopen", "assign"])
def test_nothing_is_changed_by_reading_an_address(lead, action):
    assert lead.get(url(action, TicketFactory())).status_code == 405


def test_actions_need_the_csrf_token(ines):
    client = Client(enforce_csrf_checks=True)
    client.force_login(ines)
    assert client.post(url("resolve", PersonTicketFactory())).status_code == 403
