"""What an article's page in the admin tells about its answers."""

import pytest
from django.urls import reverse

from insights.tests.factories import NOW, ago
from insights.views.article_panel import article_panel, ticket_address
from knowledge.models import AnswerUse
from knowledge.tests.factories import publish_text
from tickets.tests.factories import TicketFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def article():
    return publish_text("Dark mode", "Open Settings.")


def used(article, ending: str, origin: str, *, days: int = 1, rating: int | None = None):
    return AnswerUse.objects.create(
        article=article, origin=origin, ending=ending, answered_at=ago(days=days), rating=rating, subject="<Dark>"
    )


def test_the_page_of_an_article_shows_its_conversations(lead, article):
    ticket = TicketFactory()
    used(article, "confirmed", f"ticket:{ticket.public_id}:1", rating=4)
    html = lead.get(reverse("admin:knowledge_article_change", args=[article.pk])).content.decode()
    assert "How its answers went" in html
    assert f'<a href="{reverse("tickets:ticket", args=[ticket.public_id])}">&lt;Dark&gt;</a>' in html
    assert "4 of 5" in html


def test_a_new_article_has_no_such_panel(lead):
    html = lead.get(reverse("admin:knowledge_article_add")).content.decode()
    assert "How its answers went" not in html


def test_the_share_counts_what_is_over_and_says_how_sure_it_is(article):
    for number, ending in enumerate(["confirmed", "assumed", "verified", "returned", "open", "abandoned"]):
        used(article, ending, f"ticket:{number}:1")
    html = article_panel(article)
    assert '<p class="big">75%</p>' in html
    assert "3 of 4 that are over" in html
    assert "between 30% and 95% (95% confidence)" in html


def test_the_chart_tells_each_week(article):
    used(article, "confirmed", "a")
    used(article, "handed_off", "b")
    used(article, "assumed", "c", days=40)
    html = article_panel(article)
    assert "In 12 weeks 2 were settled, 1 were not, 0 are open or were abandoned." in html
    assert html.count('class="u-good"') == 2
    assert html.count('class="u-bad"') == 1


def test_older_conversations_are_listed_and_do_not_count(article):
    used(article, "returned", "ticket:x:1", days=200)
    html = article_panel(article)
    assert "No conversation of the last 12 weeks is over yet." in html
    assert f"{ago(days=200):%Y}" in html
    assert NOW.year != ago(days=200).year


def test_an_article_that_was_never_quoted_says_so(article):
    assert "has not quoted this article yet" in article_panel(article)


@pytest.mark.parametrize("origin", ["import:7", "ticket:none:1", ""])
def test_an_origin_that_is_no_ticket_has_no_address(origin):
    assert ticket_address(origin) == ""
