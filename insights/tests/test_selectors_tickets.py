"""The lists behind the figures hold exactly the tickets that were counted."""

from datetime import timedelta

import pytest

from accounts.tests.factories import TeamFactory, UserFactory
from insights.selectors import summary
from insights.selectors_tickets import FIGURES, PAGE_SIZE, behind, page_of
from insights.tests.factories import ago, ended, opened, replied, returned
from supportai.core.errors import InvalidInputError, NotFoundError
from tickets.models import Message, Ticket
from tickets.tests.factories import CsatFactory, HandoffFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def history():
    """A bit of everything in the last seven days, and noise around it."""
    team = TeamFactory(slug="billing")
    for number, ending in enumerate(("verified", "confirmed", "assumed", "people", "people", "abandoned")):
        ticket = ended(ago(days=number % 3 + 1), ending, team=team if number % 2 else None, intent="refund_request")
        replied(ticket, Message.Author.AI_AGENT, ticket.created_at + timedelta(seconds=3 * number + 2))
        about = "person" if ending == "people" else "ai_agent"
        CsatFactory(ticket=ticket, score=number % 5 + 1, about=about, created_at=ago(hours=3))
    for ending in ("assumed", "confirmed", "people"):
        returned(ended(ago(days=5), ending, channel="email"), after=timedelta(hours=30))
    waiting = opened(ago(days=2), handler="person")
    HandoffFactory(ticket=waiting, reason="policy", created_at=ago(days=2))
    answered = opened(ago(days=4), handler="person", assignee=UserFactory())
    HandoffFactory(ticket=answered, reason="tool_failure", created_at=ago(days=4))
    replied(answered, Message.Author.AGENT, ago(days=3))
    opened(ago(days=1), intent="spam")
    ended(ago(days=10), "verified")
    opened(ago(days=40))


def count(figure: str, week, value: str = "") -> int:
    return page_of(behind(figure, week, value)).total


def test_every_figure_equals_its_list(history, week):
    found = summary(week)
    now, backlog = found.now, found.backlog
    expected = {
        "tickets": now.tickets,
        "not_counted": now.not_counted,
        "automated": now.automated,
        **{ending: now.endings.get(ending, 0) for ending in ("verified", "confirmed", "assumed", "people", "open")},
        "abandoned": now.endings["abandoned"],
        "came_back_ai": now.came_back["ai_agent"],
        "came_back_people": now.came_back["person"],
        "reversed_verified": 0,
        "reversed_confirmed": now.reversed_endings["confirmed"],
        "reversed_assumed": now.reversed_endings["assumed"],
        "reversed_people": now.reversed_endings["people"],
        "reversed_abandoned": 0,
        "first_reply_ai": now.first_reply["ai_agent"].count,
        "first_reply_people": now.first_reply["person"].count,
        "resolution_ai": now.resolution["ai_agent"].count,
        "resolution_people": now.resolution["person"].count,
        "rated_ai": now.rating("ai_agent").count,
        "rated_people": now.rating("person").count,
        "unhappy_ai": now.rating("ai_agent").count - now.rating("ai_agent").happy,
        "unhappy_people": now.rating("person").count - now.rating("person").happy,
        "handoffs": now.handoff_count,
        "backlog": backlog.total,
    }
    narrowed = {"backlog_age", "channel", "team", "intent", "day"}
    assert {*expected} | narrowed == {*FIGURES}
    assert {figure: count(figure, week) for figure in expected} == expected
    assert min(expected[figure] for figure in ("came_back_ai", "first_reply_people", "unhappy_ai", "handoffs")) > 0


def test_every_part_equals_its_list(history, week):
    found = summary(week)
    for figure, parts in (("channel", found.channels), ("team", found.teams), ("intent", found.intents)):
        assert {part.key: count(figure, week, part.key) for part in parts} == {part.key: part.tickets for part in parts}
    assert [count("day", week, day.day.isoformat()) for day in found.days] == [day.tickets for day in found.days]
    assert {key: count("backlog", week, key) for key in found.backlog.waits} == found.backlog.waits
    assert {key: count("backlog_age", week, key) for key in found.backlog.ages} == found.backlog.ages
    assert {key: count("handoffs", week, key) for key in found.now.handoffs} == found.now.handoffs


def test_the_ninetieth_percentile_leads_to_the_slowest(history, week):
    slowest = summary(week).now.first_reply["ai_agent"].p90_seconds
    found = behind("first_reply_ai", week, str(slowest))
    assert [(ticket.first_replied_at - ticket.created_at).seconds for ticket in found] == [slowest]


def test_pages_follow_each_other_without_repeating(week):
    # Some opened at the same instant, so that the time alone does not order them.
    made = {opened(ago(hours=number // 3, minutes=1)).pk for number in range(PAGE_SIZE * 2 + 5)}
    tickets: list[Ticket] = []
    cursor = ""
    for size in (PAGE_SIZE, PAGE_SIZE, 5):
        page = page_of(behind("tickets", week), cursor=cursor)
        assert (len(page.tickets), page.total) == (size, len(made))
        tickets += page.tickets
        cursor = page.next_cursor
    assert cursor == ""
    assert [ticket.pk for ticket in tickets] == [t.pk for t in sorted(tickets, key=lambda t: (t.created_at, t.pk))][
        ::-1
    ]
    assert {ticket.pk for ticket in tickets} == made


def test_a_page_takes_two_queries(week, django_assert_num_queries):
    for number in range(5):
        opened(ago(hours=number), team=TeamFactory())
    with django_assert_num_queries(2):
        page = page_of(behind("tickets", week))
        assert all(ticket.contact.organization or ticket.team for ticket in page.tickets)


@pytest.mark.parametrize("cursor", ["x", "!!!!", "MjAyNi0wMy0xOHwx", "eHxp", "MjAyNi0wMy0xOFQwMDowMDowMCswMDowMHwtMQ"])
def test_a_broken_page_link_is_refused(week, cursor):
    with pytest.raises(InvalidInputError, match="page link"):
        page_of(behind("tickets", week), cursor=cursor)


def test_an_unknown_figure_is_not_found(week):
    with pytest.raises(NotFoundError):
        behind("profit", week)


@pytest.mark.parametrize(
    ("figure", "value"),
    [
        ("day", "monday"),
        ("first_reply_ai", "-1"),
        ("resolution_ai", "1e9"),
        ("resolution_people", "9" * 30),
        ("backlog_age", "old"),
    ],
)
def test_a_value_that_the_figure_does_not_know_is_refused(week, figure, value):
    with pytest.raises(InvalidInputError):
        behind(figure, week, value)
