from datetime import timedelta
from html.parser import HTMLParser

import pytest
from django.urls import reverse

from accounts.tests.factories import BrandFactory, ContactFactory, OrganizationFactory, TeamFactory, UserFactory
from supportai.core import clock
from tickets import selectors_inbox
from tickets.models import AgentRun, AgentStep, Ticket
from tickets.tests.factories import (
    AgentRunFactory,
    AgentStepFactory,
    HandoffFactory,
    IntentFactory,
    MessageFactory,
    NoteFactory,
    PersonTicketFactory,
    ProcedureFactory,
    ResolvedTicketFactory,
    TicketFactory,
)

INBOX = "/"


class Inlined(HTMLParser):
    """Finds what the content security policy forbids."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        names = dict(attrs)
        self.found += [f"{tag} {name}" for name in names if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in names):
            self.found.append(tag)


def subjects(response) -> list[str]:
    return [row.ticket.subject for row in response.context["rows"]]


def waiting(minutes: int, **fields) -> Ticket:
    at = clock.now() - timedelta(minutes=minutes)
    made: Ticket = PersonTicketFactory.create(last_customer_message_at=at, **fields)
    return made


class TestFirstSteps:
    """A desk without tickets says what to do; each step links to its page for who may open it."""

    def test_an_admin_finds_the_way(self, client, db):
        client.force_login(UserFactory(role="admin"))
        steps = client.get(INBOX).context["first_steps"]
        assert [step.label for step in steps if step.is_done] == []
        assert all(step.url for step in steps)
        BrandFactory()
        assert [step.label for step in client.get(INBOX).context["first_steps"] if step.is_done] == ["Make a brand"]

    def test_an_agent_reads_them_without_links(self, client, db):
        client.force_login(UserFactory(role="agent"))
        page = client.get(INBOX)
        assert "Before the first ticket" in page.content.decode()
        assert not any(step.url for step in page.context["first_steps"])

    def test_they_end_with_the_first_ticket(self, client, db):
        client.force_login(UserFactory(role="admin"))
        ResolvedTicketFactory()
        assert "Before the first ticket" not in client.get(INBOX).content.decode()


def test_a_visitor_is_sent_to_the_sign_in_page(client, db):
    response = client.get(INBOX)
    assert response.status_code == 302
    assert response["Location"] == "/login/?next=/"


def test_a_fragment_never_becomes_the_sign_in_page(client, db):
    response = client.get(
        reverse("tickets:views"), headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/?view=all"}
    )
    assert response["HX-Redirect"] == "/login/?next=/%3Fview%3Dall"
    assert response.content == b""


def test_somebody_without_a_role_reads_who_can_help(client, roles):
    user = UserFactory()
    user.groups.clear()
    client.force_login(user)
    response = client.get(INBOX, headers={"Accept": "text/html"})
    assert response.status_code == 403
    assert "An admin can change roles" in response.content.decode()


def test_the_page_obeys_the_content_security_policy(lead):
    ticket = HandoffFactory().ticket
    MessageFactory(ticket=ticket)
    for address in (INBOX, f"/?ticket={ticket.public_id}", reverse("tickets:ticket", args=[ticket.public_id])):
        response = lead.get(address)
        inlined = Inlined()
        inlined.feed(response.content.decode())
        assert inlined.found == []
        assert "script-src 'self'" in response["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("view", "shown"),
    [
        ("needs", {"nobody's", "mine"}),
        ("mine", {"mine", "mine, pending"}),
        ("unassigned", {"nobody's"}),
        ("ai", {"with AI"}),
        ("waiting", {"mine, pending"}),
        ("resolved", {"resolved"}),
        ("all", {"nobody's", "mine", "another's", "mine, pending", "with AI"}),
    ],
)
def test_each_view_shows_its_tickets(lead, ines, jonas, view, shown):
    PersonTicketFactory(subject="nobody's")
    PersonTicketFactory(subject="mine", assignee=ines)
    PersonTicketFactory(subject="another's", assignee=jonas)
    PersonTicketFactory(subject="mine, pending", assignee=ines, status=Ticket.Status.PENDING)
    TicketFactory(subject="with AI")
    ResolvedTicketFactory(subject="resolved")
    response = lead.get(INBOX, {"view": view})
    assert set(subjects(response)) == shown
    counts = selectors_inbox.view_counts(user_id=ines.pk)
    assert view == "resolved" or counts[view] == len(shown)


def test_what_waits_for_approval_needs_a_person_though_the_ai_agent_has_it(lead):
    ticket = TicketFactory(subject="Charged twice")
    run = AgentRunFactory(ticket=ticket, state=AgentRun.State.WAITING_APPROVAL)
    AgentStepFactory(
        run=run,
        kind=AgentStep.Kind.ACT,
        state=AgentStep.State.DECIDED,
        input={"capability": "billing.refund_charge"},
    )
    response = lead.get(INBOX)
    assert subjects(response) == ["Charged twice"]
    assert response.context["rows"][0].reason == "Approve or deny: refund charge"


def test_the_most_urgent_is_on_top_then_who_waited_longest(lead):
    waiting(5, subject="short")
    waiting(50, subject="long")
    waiting(1, subject="urgent", priority="urgent")
    assert subjects(lead.get(INBOX)) == ["urgent", "long", "short"]


def test_a_row_says_who_and_why_with_at_most_two_tags(lead):
    studio = OrganizationFactory(name="Northwind", plan="pro")
    ticket = waiting(
        70, contact=ContactFactory(organization=studio), team=TeamFactory(name="Billing"), priority="urgent", episode=3
    )
    AgentRunFactory(ticket=ticket)
    HandoffFactory(ticket=ticket, reason="tool_failure")
    row = lead.get(INBOX).context["rows"][0]
    assert row.sender == "Northwind · Pro"
    assert row.reason == "Handed off: a tool failed"
    assert row.lateness == "poor"
    assert row.has_ai
    assert [tag.text for tag in row.tags] == ["Billing", "Urgent"]


def test_a_team_has_its_own_list(lead):
    billing = TeamFactory(slug="billing", name="Billing")
    PersonTicketFactory(subject="theirs", team=billing)
    PersonTicketFactory(subject="not theirs")
    ResolvedTicketFactory(subject="theirs, over", team=billing)
    response = lead.get(INBOX, {"team": "billing"})
    assert subjects(response) == ["theirs"]
    assert response.context["heading"].label == "Billing"


def test_a_team_that_does_not_exist_is_said_so(lead):
    response = lead.get(INBOX, {"team": "nobody"}, headers={"Accept": "text/html"})
    assert response.status_code == 404


def test_an_unknown_view_is_the_first_one(lead):
    assert lead.get(INBOX, {"view": "nonsense"}).context["heading"].key == "needs"


@pytest.mark.parametrize("words", ["invoice", "ANA", "ana@northwind", "fern stu"])
def test_search_finds_subject_person_and_company(lead, words):
    studio = OrganizationFactory(name="Fern Studio")
    contact = ContactFactory(name="Ana Ruiz", email="ana@northwind.example", organization=studio)
    TicketFactory(subject="Copy of an invoice", contact=contact)
    TicketFactory(subject="Something else")
    assert subjects(lead.get(INBOX, {"q": words})) == ["Copy of an invoice"]


def test_search_finds_a_ticket_by_its_number(lead):
    ticket = TicketFactory(subject="wanted")
    TicketFactory(subject="other")
    assert "wanted" in subjects(lead.get(INBOX, {"q": f"#{ticket.pk}"}))


def test_pages_continue_where_they_ended_although_tickets_come_in(lead, monkeypatch):
    monkeypatch.setattr(selectors_inbox, "PAGE_SIZE", 2)
    for minutes in range(5):
        waiting(10 + minutes, subject=f"{minutes}")
    first = lead.get(INBOX)
    assert subjects(first) == ["4", "3"]
    waiting(100, subject="came in between")
    second = lead.get(reverse("tickets:rows"), {"cursor": first.context["next_cursor"]})
    assert subjects(second) == ["2", "1"]
    last = lead.get(reverse("tickets:rows"), {"cursor": second.context["next_cursor"]})
    assert subjects(last) == ["0"]
    assert last.context["next_cursor"] == ""


def test_pages_go_newest_first_where_that_is_the_order(lead, monkeypatch):
    monkeypatch.setattr(selectors_inbox, "PAGE_SIZE", 2)
    for minutes in range(3):
        at = clock.now() - timedelta(minutes=minutes)
        ResolvedTicketFactory(subject=f"{minutes}", last_customer_message_at=at)
    first = lead.get(INBOX, {"view": "resolved"})
    second = lead.get(INBOX, {"view": "resolved", "cursor": first.context["next_cursor"]})
    assert subjects(first) + subjects(second) == ["0", "1", "2"]


@pytest.mark.parametrize("cursor", ["x", "bm90IGpzb24", "WzFd", "WzEsICIyMDI2LTAxLTAxIiwgMV0", "%00"])
def test_a_broken_cursor_is_refused(lead, cursor):
    response = lead.get(reverse("tickets:rows"), {"cursor": cursor}, headers={"HX-Request": "true"})
    assert response.status_code == 422


def test_the_list_takes_as_many_queries_for_thirty_tickets_as_for_one(lead, django_assert_num_queries):
    def fill(count):
        for _ in range(count):
            ticket = PersonTicketFactory(team=TeamFactory())
            AgentStepFactory(run=AgentRunFactory(ticket=ticket))
            HandoffFactory(ticket=ticket)

    fill(1)
    with django_assert_num_queries(15):
        lead.get(INBOX)
    fill(29)
    with django_assert_num_queries(15):
        lead.get(INBOX)


def test_a_row_in_the_list_comes_anew(lead):
    ticket = PersonTicketFactory(subject="still here")
    response = lead.get(reverse("tickets:row", args=[ticket.public_id]))
    assert response.status_code == 200
    assert f'id="row-{ticket.public_id}"' in response.content.decode()
    assert "No longer in this list" not in response.content.decode()


def test_a_row_that_left_the_list_stays_where_it_is_and_says_so(lead):
    ticket = ResolvedTicketFactory()
    response = lead.get(reverse("tickets:row", args=[ticket.public_id]), {"shown": "1"})
    assert "No longer in this list" in response.content.decode()


def test_a_row_of_another_list_is_not_news(lead):
    ticket = ResolvedTicketFactory()
    assert lead.get(reverse("tickets:row", args=[ticket.public_id])).status_code == 204


def test_the_selected_ticket_is_part_of_the_page(lead):
    ticket = MessageFactory(body="Where is my invoice?").ticket
    response = lead.get(INBOX, {"ticket": str(ticket.public_id)})
    assert "Where is my invoice?" in response.content.decode()
    assert f'data-watch="{ticket.public_id}"' in response.content.decode()


@pytest.mark.parametrize("selected", ["nonsense", "x" * 36, "00000000-0000-0000-0000-000000000000"])
def test_a_selection_that_does_not_exist_leaves_the_list_alone(lead, selected):
    ResolvedTicketFactory()
    response = lead.get(INBOX, {"ticket": selected})
    assert response.status_code == 200
    assert "No ticket is selected" in response.content.decode()


def test_an_empty_list_says_why_and_what_comes_next(lead):
    assert "What the AI agent hands over" in lead.get(INBOX).content.decode()


def test_texts_of_customers_are_never_markup(lead):
    PersonTicketFactory(subject="<img src=x onerror=alert(1)>")
    html = lead.get(INBOX).content.decode()
    assert "<img src=x" not in html
    assert "&lt;img src=x" in html


def test_the_counts_of_views_and_bar_come_anew(lead):
    PersonTicketFactory()
    assert '<span class="num">1</span>' in lead.get(reverse("tickets:views")).content.decode()
    bar = lead.get(reverse("tickets:counts"), {"section": "inbox"}).content.decode()
    assert "needs you: </span>1</span>" in bar
    assert 'aria-current="page"' in bar


def test_an_agent_finds_no_link_to_the_admin(agent):
    assert 'href="/admin/"' not in agent.get(INBOX).content.decode()


def test_an_intent_without_a_procedure_is_not_said_to_act(lead):
    IntentFactory(name="Opening hours", is_how_to=True)
    html = lead.get(reverse("tickets:procedures")).content.decode()
    assert "Auto: answers and acts" not in html
    assert "Answers from articles</span>" in html
    IntentFactory(name="A contract", is_how_to=False)
    assert "Goes to people</span>" in lead.get(reverse("tickets:procedures")).content.decode()
    ProcedureFactory()
    assert "Auto: answers and acts" in lead.get(reverse("tickets:procedures")).content.decode()


def test_a_row_quotes_what_the_customer_said_last(lead):
    ticket = waiting(5, subject="I was charged twice")
    MessageFactory(ticket=ticket, body="I was charged twice")
    assert lead.get(INBOX).context["rows"][0].quote == ""
    HandoffFactory(ticket=ticket, reason="customer_request")
    MessageFactory(ticket=ticket, body="Let me talk\nto a person. " + "Please. " * 40)
    NoteFactory(ticket=ticket, body="Between us")
    response = lead.get(INBOX)
    row = response.context["rows"][0]
    assert row.reason == "Asked for a person"
    assert row.quote.startswith("Let me talk to a person. Please.")
    assert row.quote.endswith(" …")
    assert "Between us" not in row.quote
    assert "<q>Let me talk to a person." in response.content.decode()


def test_nothing_is_quoted_where_the_customer_owes_an_answer(lead):
    ticket = PersonTicketFactory(status=Ticket.Status.PENDING)
    MessageFactory(ticket=ticket, body="Thanks!")
    assert lead.get(INBOX, {"view": "waiting"}).context["rows"][0].quote == ""


def test_procedures_are_readable_by_all_staff(agent):
    assert agent.get(reverse("tickets:procedures")).status_code == 200


def test_a_hand_off_is_told_in_the_agents_own_sentence_while_it_is_the_last_word(lead):
    ticket = HandoffFactory(reason="policy").ticket
    AgentStepFactory(
        run__ticket=ticket, kind=AgentStep.Kind.HAND_OFF, story="Handed off because policy. It is a contract."
    )
    assert lead.get(INBOX).context["rows"][0].reason == "Handed off because policy. It is a contract."
