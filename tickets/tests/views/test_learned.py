import json
import uuid

import pytest
from django.urls import reverse

from knowledge.models import Article, Observation, Suggestion
from supportai.core import clock
from tickets.tests.factories import TicketFactory

HTMX = {"HX-Request": "true"}
LEARNED = "/learned/"


@pytest.fixture
def suggestion(db) -> Suggestion:
    return Suggestion.objects.create(
        title="Can my bookkeeper see payslips?",
        body="Yes. Give the role **Bookkeeper**.\n\n<script>alert(1)</script>",
        question="May my bookkeeper see payslips?",
        support_count=3,
    )


def url(name: str, suggestion: Suggestion) -> str:
    return reverse(f"tickets:{name}", args=[suggestion.public_id])


def test_a_suggestion_is_shown_as_readers_would_see_it(lead, suggestion):
    html = lead.get(LEARNED).content.decode()
    assert "<strong>Bookkeeper</strong>" in html
    assert "<script>alert" not in html
    assert "answered 3 times" in html


def test_it_names_the_tickets_that_it_came_from(lead, suggestion):
    ticket = TicketFactory()
    for number, origin in enumerate([f"ticket:{ticket.public_id}:1", f"ticket:{ticket.public_id}:2", "import:7", "x"]):
        Observation.objects.create(origin=origin, suggestion=suggestion, question=f"{number}", answer="a")
    html = lead.get(LEARNED).content.decode()
    assert html.count(f'href="{reverse("tickets:ticket", args=[ticket.public_id])}"') == 1


def test_publishing_makes_an_article(lead, suggestion, ines):
    response = lead.post(url("approve-suggestion", suggestion), headers=HTMX)
    suggestion.refresh_from_db()
    assert suggestion.state == Suggestion.State.APPROVED
    assert suggestion.decided_by == ines
    assert suggestion.article.state == Article.State.PUBLISHED
    assert "Published" in json.loads(response["HX-Trigger"])["toast"]["text"]
    assert f'id="suggestion-{suggestion.public_id}"' in response.content.decode()


def test_the_counts_follow_in_the_same_response(lead, suggestion):
    Suggestion.objects.create(title="Another", body="b", question="q")
    html = lead.post(url("approve-suggestion", suggestion), headers=HTMX).content.decode()
    assert '<p id="learned-summary" hx-swap-oob="true">1 answer of people waits for somebody to read it.' in html
    assert '<span class="count wait" id="learned-waiting" hx-swap-oob="true">1</span>' in html
    assert '<span class="count" id="learned-published" hx-swap-oob="true">1</span>' in html
    assert "hx-swap-oob" not in lead.get(LEARNED).content.decode()


def test_an_edited_text_is_what_gets_published(lead, suggestion):
    changes = {"title": "Bookkeepers and payslips", "body": "Only with the role Bookkeeper."}
    lead.post(url("approve-suggestion", suggestion), changes, headers=HTMX)
    article = Article.objects.get()
    assert article.title == "Bookkeepers and payslips"
    assert article.current_revision.body == "Only with the role Bookkeeper."


def test_an_emptied_text_is_not_published(lead, suggestion):
    response = lead.post(url("approve-suggestion", suggestion), {"title": "Still here", "body": "  "}, headers=HTMX)
    assert response.status_code == 422
    assert not Article.objects.exists()


def test_publishing_twice_is_refused(lead, suggestion):
    lead.post(url("approve-suggestion", suggestion), headers=HTMX)
    assert lead.post(url("approve-suggestion", suggestion), headers=HTMX).status_code == 409
    assert Article.objects.count() == 1


def test_rejecting_keeps_the_reason(lead, suggestion):
    response = lead.post(url("reject-suggestion", suggestion), {"reason": "One account only"}, headers=HTMX)
    suggestion.refresh_from_db()
    assert (suggestion.state, suggestion.reason) == (Suggestion.State.REJECTED, "One account only")
    assert "One account only" in response.content.decode()


def test_what_was_published_can_be_taken_back(lead, suggestion):
    lead.post(url("approve-suggestion", suggestion))
    assert "Take back" in lead.get(LEARNED).content.decode()
    response = lead.post(url("take-back-suggestion", suggestion), headers=HTMX)
    suggestion.refresh_from_db()
    assert suggestion.state == Suggestion.State.OPEN
    assert Article.objects.get().state == Article.State.ARCHIVED
    assert "Publish as it is" in response.content.decode()


def test_the_page_works_without_javascript(lead, suggestion):
    assert lead.post(url("reject-suggestion", suggestion))["Location"] == LEARNED


def test_an_agent_reads_and_is_told_who_decides(agent, suggestion):
    html = agent.get(LEARNED).content.decode()
    assert "A lead or AI oversight can publish it" in html
    assert "Publish as it is" not in html


@pytest.mark.parametrize("name", ["approve-suggestion", "reject-suggestion", "take-back-suggestion"])
def test_an_agent_decides_nothing(agent, suggestion, name):
    assert agent.post(url(name, suggestion), headers=HTMX).status_code == 403
    suggestion.refresh_from_db()
    assert suggestion.state == Suggestion.State.OPEN


def test_a_suggestion_that_does_not_exist_is_said_so(lead):
    address = reverse("tickets:approve-suggestion", args=[uuid.uuid4()])
    assert lead.post(address, headers=HTMX).status_code == 404


def test_a_conflict_shows_both_answers(lead, suggestion):
    Suggestion.objects.create(title="The other", body="No.", question="q", conflicts_with=suggestion)
    html = lead.get(LEARNED).content.decode()
    assert "Another answer to the same question:" in html


def test_an_empty_page_says_what_will_come(lead):
    assert "a draft of an article appears here" in lead.get(LEARNED).content.decode()


def test_the_page_takes_as_many_queries_for_twenty_as_for_one(lead, django_assert_num_queries):
    def fill(count):
        for number in range(count):
            article = Article.objects.create(slug=f"a{uuid.uuid4()}", title="A", state=Article.State.DRAFT)
            for state, fields in (("open", {}), ("approved", {"article": article, "decided_at": clock.now()})):
                made = Suggestion.objects.create(title=f"{number}", body="b", question="q", state=state, **fields)
                origin = f"ticket:{TicketFactory().public_id}:{made.pk}"
                Observation.objects.create(origin=origin, suggestion=made, question="q", answer="a")

    fill(1)
    with django_assert_num_queries(15):
        lead.get(LEARNED)
    fill(10)
    with django_assert_num_queries(15):
        lead.get(LEARNED)
