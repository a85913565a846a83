"""How the conversations went in which the AI agent quoted an article."""

from datetime import timedelta

import pytest

from insights import subscribers, tasks
from insights.services.article_uses import due_tickets, record_uses
from insights.tests.factories import NOW, OutcomeFactory, ago, ended, opened, returned
from knowledge.models import AnswerUse
from knowledge.services import articles
from knowledge.tests.factories import publish_text
from supportai.core.actors import SYSTEM
from tickets.events import TicketRated
from tickets.services import csat
from tickets.tests.factories import AgentMessageFactory, CitationFactory, CsatFactory, HandoffFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def article():
    return publish_text("Dark mode", "Open Settings.")


def quote(ticket, article, **fields):
    message = AgentMessageFactory(ticket=ticket, created_at=ticket.created_at, **fields)
    CitationFactory(message=message, revision=article.current_revision, created_at=ticket.created_at)


def endings() -> list[str]:
    return list(AnswerUse.objects.order_by("origin").values_list("ending", flat=True))


@pytest.mark.parametrize(
    ("ending", "noted"),
    [
        ("verified", "verified"),
        ("confirmed", "confirmed"),
        ("assumed", "assumed"),
        ("people", "handed_off"),
        ("abandoned", "abandoned"),
    ],
)
def test_the_ending_of_the_episode_is_the_uses(article, ending, noted):
    ticket = ended(ago(days=2), ending)
    quote(ticket, article)
    assert record_uses(ticket.pk) == 1
    use = AnswerUse.objects.get()
    assert (use.article, use.ending, use.origin) == (article, noted, f"ticket:{ticket.public_id}:1")
    assert use.answered_at == ticket.created_at


def test_a_return_within_a_week_undoes_it_and_a_later_one_does_not(article):
    for days in (3, 20):
        ticket = ended(ago(days=30))
        quote(ticket, article)
        returned(ticket, after=timedelta(days=days))
        record_uses(ticket.pk)
    assert sorted(endings()) == ["confirmed", "returned"]


def test_a_handoff_after_the_answer_is_no_success(article):
    ticket = opened(ago(hours=2))
    quote(ticket, article)
    HandoffFactory(ticket=ticket)
    record_uses(ticket.pk)
    assert endings() == ["handed_off"]


def test_an_open_ticket_is_open_and_follows_later(article):
    ticket = opened(ago(hours=2))
    quote(ticket, article)
    record_uses(ticket.pk)
    assert endings() == ["open"]
    OutcomeFactory(ticket=ticket, ending="assumed", ended_at=NOW)
    record_uses(ticket.pk)
    assert endings() == ["assumed"]


def test_each_article_and_each_episode_has_its_own(article):
    other = publish_text("Bank transfers", "Send the money.")
    ticket = ended(ago(days=2))
    quote(ticket, article)
    quote(ticket, other)
    quote(ticket, article, episode=2)
    assert record_uses(ticket.pk) == 2
    assert AnswerUse.objects.count() == 3


def test_an_older_revision_counts_for_the_article(article):
    ticket = ended(ago(days=2))
    quote(ticket, article)
    articles.revise_article(article_id=article.pk, title="Dark mode", body="Open Appearance.", actor=SYSTEM)
    record_uses(ticket.pk)
    assert AnswerUse.objects.get().article == article


def test_the_rating_and_a_subject_without_personal_data_are_kept(article):
    ticket = ended(ago(days=2), subject="Mail to jo@example.com")
    quote(ticket, article)
    CsatFactory(ticket=ticket, score=2)
    record_uses(ticket.pk)
    use = AnswerUse.objects.get()
    assert (use.rating, use.subject) == (2, "Mail to [email]")


def test_a_ticket_without_quotes_or_gone_has_no_use():
    assert record_uses(ended(ago(days=2)).pk) == 0
    assert record_uses(0) == 0


def test_a_rating_reaches_the_use(article, django_capture_on_commit_callbacks):
    ticket = ended(ago(days=2))
    quote(ticket, article)
    with django_capture_on_commit_callbacks(execute=True):
        csat.rate(contact_id=ticket.contact_id, ticket_public_id=ticket.public_id, score=1)
    assert AnswerUse.objects.get().rating == 1
    subscribers.keep_rating(TicketRated(ticket_id=ticket.pk, episode=1, score=1))
    assert AnswerUse.objects.count() == 1


def test_the_first_round_looks_back_for_months_and_the_daily_one_for_days(article):
    old, recent = ended(ago(days=60)), ended(ago(days=1))
    quote(old, article)
    quote(recent, article)
    assert due_tickets() == [old.pk, recent.pk]
    record_uses(old.pk)
    assert due_tickets() == [recent.pk]


def test_lost_news_is_made_up_for_once_a_day(article, monkeypatch):
    quote(ended(ago(days=1)), article)
    monkeypatch.setattr(tasks, "_made_up_on", [])
    assert tasks.make_up_for_lost_uses() == 1
    assert endings() == ["confirmed"]
    assert tasks.make_up_for_lost_uses() == 0
