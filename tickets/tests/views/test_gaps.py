"""The page of what customers ask and no article answers."""

import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse
from django.utils.html import escape

from knowledge.models import Gap, GapQuestion
from knowledge.services import gaps
from supportai.core import clock
from tickets.tests.factories import TicketFactory

HTMX = {"HX-Request": "true"}
PAGE = "/gaps/"


def asked(text: str, origin: str, kind=GapQuestion.Kind.HANDED_OFF) -> Gap:
    return gaps.note(question=text, origin=origin, kind=kind, asked_at=clock.now(), probability=0.1)


@pytest.fixture
def ticket(db):
    return TicketFactory()


@pytest.fixture
def gap(ticket) -> Gap:
    asked("Is there a dark mode in the app?", f"ticket:{ticket.public_id}:1")
    return asked("Can I <b>switch</b> the app to dark mode?", "search:2026-01-01:x", GapQuestion.Kind.SEARCHED)


def url(name: str, gap: Gap) -> str:
    return reverse(f"tickets:{name}", args=[gap.public_id])


def test_a_gap_is_shown_with_counts_examples_and_the_way_to_its_tickets(lead, gap, ticket):
    html = lead.get(PAGE).content.decode()
    assert "Asked 2 times" in html
    assert "1 in the help center" in html
    assert f'href="{reverse("tickets:ticket", args=[ticket.public_id])}"' in html
    assert "&lt;b&gt;switch" in html
    assert "Questions a week for twelve weeks: 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2" in html


def test_without_gaps_the_page_says_what_would_appear(lead):
    assert "it appears here within a minute" in lead.get(PAGE).content.decode()


def test_the_bar_counts_open_gaps_for_those_who_decide(lead, gap):
    assert '<span class="vh">open: </span>1</span>' in lead.get(PAGE).content.decode()


def test_writing_opens_the_editor_filled_in_and_plans_the_gap(lead, gap, ines):
    response = lead.post(url("write-for-gap", gap))
    there = urlsplit(response["Location"])
    filled = parse_qs(there.query)
    assert there.path == reverse("admin:knowledge_article_add")
    assert filled["title"] == [gap.title]
    assert "- Is there a dark mode in the app?" in filled["body"][0]
    editor = lead.get(response["Location"]).content.decode()
    assert f'value="{escape(gap.title)}"' in editor
    assert "- Is there a dark mode in the app?" in editor
    assert re.search(r'value="later"[^>]*checked', editor)
    gap.refresh_from_db()
    assert (gap.state, gap.owner) == ("planned", ines)


def test_planning_dismissing_and_reopening_answer_with_the_card(lead, gap, ines):
    for name, state in (("plan-gap", "planned"), ("dismiss-gap", "dismissed"), ("reopen-gap", "open")):
        response = lead.post(url(name, gap), {"reason": "Not planned"}, headers=HTMX)
        gap.refresh_from_db()
        assert gap.state == state
        assert f'id="gap-{gap.public_id}"' in response.content.decode()
        assert "toast" in json.loads(response["HX-Trigger"])


def test_a_dismissed_gap_says_who_and_why(lead, gap):
    lead.post(url("dismiss-gap", gap), {"reason": "Not planned"})
    assert "Dismissed by Ines Moreau: “Not planned”" in lead.get(PAGE).content.decode()


def test_deciding_twice_is_refused_with_a_sentence(lead, gap):
    lead.post(url("dismiss-gap", gap))
    response = lead.post(url("plan-gap", gap), headers=HTMX)
    assert response.status_code == 409
    assert "Reopen it first" in response["HX-Trigger"]


def test_agents_read_and_do_not_decide(agent, gap):
    html = agent.get(PAGE).content.decode()
    assert "A lead or AI oversight can plan or dismiss it." in html
    for name in ("write-for-gap", "plan-gap", "dismiss-gap", "reopen-gap"):
        assert agent.post(url(name, gap)).status_code == 403


def test_oversight_decides_and_does_not_write(overseer, gap):
    assert "Write an article" not in overseer.get(PAGE).content.decode()
    assert overseer.post(url("write-for-gap", gap)).status_code == 403
    assert overseer.post(url("plan-gap", gap), headers=HTMX).status_code == 200


def test_a_gap_that_joined_another_is_told(lead, gap):
    gap.delete()
    response = lead.post(url("plan-gap", gap), headers=HTMX)
    assert response.status_code == 404
    assert "joined another" in response["HX-Trigger"]


def test_the_list_costs_the_same_however_long(lead, gap, django_assert_max_num_queries):
    texts = ("Can we pay by bank transfer?", "Do you ship to Norway these days?", "Where is the office of your firm?")
    for number, text in enumerate(texts):
        asked(text, f"ticket:{TicketFactory().public_id}:{number}")
    with django_assert_max_num_queries(22):
        lead.get(PAGE)
