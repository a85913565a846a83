"""The figures of a period, against tickets made by hand."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from accounts.tests.factories import TeamFactory, UserFactory
from insights.cohorts import Scope
from insights.periods import between, last_days
from insights.selectors import summary
from insights.tests.factories import ago, ended, opened, replied, returned
from tickets.models import Handoff, Message
from tickets.tests.factories import CsatFactory, HandoffFactory, IntentFactory, NoteFactory

pytestmark = pytest.mark.django_db
AI, PERSON = Message.Author.AI_AGENT, Message.Author.AGENT
DAY = timedelta(days=1)


# ---- how tickets ended ----


def test_each_ticket_stands_in_exactly_one_ending(week):
    for ending in ("verified", "confirmed", "confirmed", "assumed", "people", "abandoned"):
        ended(ago(days=2), ending)
    opened(ago(days=1))
    now = summary(week).now
    assert now.endings == {"verified": 1, "confirmed": 2, "assumed": 1, "people": 1, "abandoned": 1, "open": 1}
    assert (now.tickets, now.automated, now.automation.value) == (7, 4, 4 / 7)


def test_tickets_of_the_period_before_are_counted_apart(week):
    ended(ago(days=2), "people")
    ended(ago(days=9), "verified")
    ended(ago(days=30), "assumed")
    found = summary(week)
    assert (found.now.endings, found.before.endings) == ({"people": 1}, {"verified": 1})


def test_the_period_before_counts_up_to_the_same_time_of_day(week):
    opened(ago(days=7, minutes=1))
    opened(ago(days=7) + timedelta(minutes=1))
    assert summary(week).before.tickets == 1


def test_greetings_and_spam_are_told_apart_and_not_counted(week):
    ended(ago(days=1), "confirmed", intent="small_talk")
    opened(ago(days=1), intent="spam")
    opened(ago(days=1), intent="refund_request")
    now = summary(week).now
    assert (now.tickets, now.not_counted, now.automated) == (1, 2, 0)


def test_a_period_that_is_over_keeps_its_figures():
    january = Scope(period=between(date(2026, 1, 1), date(2026, 1, 31)))
    late = ended(datetime(2026, 1, 31, 20, tzinfo=UTC), "people", after=timedelta(hours=6))
    back = ended(datetime(2026, 1, 30, 20, tzinfo=UTC), "assumed")
    returned(back, after=3 * DAY)
    now = summary(january).now
    assert now.endings == {"open": 1, "assumed": 1}
    assert now.came_back == {"ai_agent": 0}
    assert late.outcomes.get().ending == "people"


def test_tickets_without_any_are_zeros_and_not_errors(week):
    found = summary(week)
    assert (found.now.tickets, found.now.automation.value, found.has_history) == (0, None, False)
    assert [day.tickets for day in found.days] == [0] * 7


# ---- who came back ----


def test_a_return_within_seven_days_reverses_the_resolution(week):
    returned(ended(ago(days=5), "assumed"), after=DAY)
    ended(ago(days=5), "assumed")
    returned(ended(ago(days=5), "people"), after=2 * DAY)
    now = summary(week).now
    assert now.endings == {"open": 2, "assumed": 1}
    assert now.reversed_endings == {"assumed": 1, "people": 1}
    rate = now.return_rate("ai_agent")
    assert (rate.count, rate.total) == (1, 2)
    assert now.return_rate("person").value == 1.0


@pytest.mark.parametrize(("after", "count"), [(timedelta(days=7), 1), (timedelta(days=7, seconds=1), 0)])
def test_a_later_return_is_a_new_problem(after, count):
    returned(ended(ago(days=20), "verified"), after=after)
    now = summary(Scope(period=last_days(30))).now
    assert (now.endings, now.came_back["ai_agent"]) == ({"open": 1}, count)


def test_a_ticket_that_came_back_twice_counts_once(week):
    ticket = ended(ago(days=6), "assumed")
    returned(ticket, after=DAY)
    second = ticket.outcomes.create(episode=2, ending="confirmed", ended_at=ago(days=4), returned_at=ago(days=3))
    now = summary(week).now
    assert second.ticket == ticket
    assert (now.came_back["ai_agent"], now.resolved_once["ai_agent"]) == (1, 1)
    assert now.reversed_endings == {"assumed": 1, "confirmed": 1}


# ---- how long ----


def test_the_first_reply_counts_for_who_gave_it(week):
    fast, slow, by_person = opened(ago(days=3)), opened(ago(days=3)), opened(ago(days=3))
    replied(fast, AI, ago(days=3) + timedelta(seconds=4))
    replied(slow, AI, ago(days=3) + timedelta(seconds=60))
    replied(slow, PERSON, ago(days=2))
    replied(by_person, PERSON, ago(days=3) + timedelta(hours=1))
    spread = summary(week).now.first_reply["ai_agent"]
    assert (spread.count, spread.median_seconds, spread.p90_seconds) == (2, 4, 60)


def test_people_are_timed_from_the_handoff(week):
    ticket = opened(ago(days=3), handler="person")
    replied(ticket, PERSON, ago(days=3) + timedelta(minutes=1))
    HandoffFactory(ticket=ticket, created_at=ago(days=2))
    NoteFactory(ticket=ticket, created_at=ago(days=2) + timedelta(minutes=1))
    replied(ticket, PERSON, ago(days=2) + timedelta(minutes=20))
    replied(ticket, PERSON, ago(days=2) + timedelta(minutes=40))
    HandoffFactory(created_at=ago(days=1))
    spread = summary(week).now.first_reply["person"]
    assert (spread.count, spread.median_seconds) == (1, 20 * 60)


def test_time_to_resolve_runs_from_opening_to_the_ending_that_stands(week):
    ended(ago(days=3), "confirmed", after=timedelta(minutes=5))
    ended(ago(days=3), "people", after=timedelta(hours=30))
    ended(ago(days=3), "abandoned", after=timedelta(hours=24))
    resolution = summary(week).now.resolution
    assert (resolution["ai_agent"].count, resolution["ai_agent"].median_seconds) == (1, 300)
    assert (resolution["person"].count, resolution["person"].median_seconds) == (1, 30 * 3600)


# ---- what customers said, and handoffs ----


def test_ratings_count_when_they_were_given_and_for_whom(week):
    for score in (5, 4, 3):
        CsatFactory(score=score, created_at=ago(days=1))
    CsatFactory(score=1, about="person", created_at=ago(days=1))
    CsatFactory(score=1, created_at=ago(days=10))
    found = summary(week)
    assert (found.now.rating("ai_agent").share.count, found.now.rating("ai_agent").count) == (2, 3)
    assert found.now.rating("ai_agent").mean == 4.0
    assert (found.now.rating("person").share.value, found.before.rating("ai_agent").share.value) == (0.0, 0.0)


def test_handoffs_are_counted_by_reason_and_day(week):
    for days, reason in ((0, "policy"), (0, "policy"), (6, "tool_failure"), (8, "policy")):
        HandoffFactory(created_at=ago(days=days, minutes=5), reason=Handoff.Reason(reason))
    found = summary(week)
    assert (found.now.handoffs, found.before.handoffs) == ({"policy": 2, "tool_failure": 1}, {"policy": 1})
    assert found.handoff_days == {"policy": (0, 0, 0, 0, 0, 0, 2), "tool_failure": (1, 0, 0, 0, 0, 0, 0)}
    assert found.now.handoff_count == 3


# ---- days ----


@pytest.mark.parametrize(
    ("zone", "days"),
    [
        ("UTC", {17: 2, 18: 1}),
        ("Europe/Berlin", {17: 1, 18: 2}),
        ("America/New_York", {17: 3}),
        ("Asia/Kathmandu", {18: 3}),
    ],
)
def test_days_begin_at_local_midnight(zone, days):
    for hour, minute in ((22, 59), (23, 0)):
        opened(datetime(2026, 3, 17, hour, minute, tzinfo=UTC))
    opened(datetime(2026, 3, 18, 3, 59, tzinfo=UTC))
    with timezone.override(ZoneInfo(zone)):
        found = summary(Scope(period=last_days(7)))
    assert {day.day.day: day.tickets for day in found.days if day.tickets} == days


def test_a_day_shows_who_resolved_its_tickets(week):
    for ending in ("verified", "assumed", "people", "abandoned"):
        ended(ago(days=1), ending)
    opened(ago(days=1))
    day = summary(week).days[-2]
    assert (day.automated, day.people, day.abandoned, day.open, day.tickets) == (2, 1, 1, 1, 5)


def test_the_backlog_of_each_day_follows_what_was_opened_ended_and_came_back(week):
    opened(ago(days=30))
    ended(ago(days=4), "people", after=2 * DAY)
    returned(ended(ago(days=3), "assumed"), after=DAY)
    assert [day.backlog for day in summary(week).days] == [1, 1, 2, 2, 2, 2, 2]


def test_the_backlog_of_a_past_period_is_reckoned_back_from_now():
    ended(datetime(2026, 2, 10, 12, tzinfo=UTC), "people", after=9 * DAY)
    found = summary(Scope(period=between(date(2026, 2, 9), date(2026, 2, 12))))
    assert [day.backlog for day in found.days] == [0, 1, 1, 1]


def test_the_backlog_of_now_says_who_has_the_next_word_and_how_old_it_is(week):
    opened(ago(hours=2))
    opened(ago(days=2), handler="person")
    opened(ago(days=5), handler="person", assignee=UserFactory())
    opened(ago(days=50), handler="person", status="pending")
    opened(ago(days=50), intent="spam")
    backlog = summary(week).backlog
    assert backlog.waits == {"nobody": 1, "person": 1, "ai_agent": 1, "customer": 1}
    assert backlog.ages == {"day": 1, "three_days": 1, "week": 1, "older": 1}
    assert backlog.total == 4


# ---- where they come from ----


def test_parts_are_named_and_sorted_by_size(week):
    billing = TeamFactory(slug="billing", name="Billing")
    IntentFactory(slug="refund_request", name="A refund")
    ended(ago(days=1), "verified", channel="email", team=billing, intent="refund_request")
    opened(ago(days=1), channel="email", team=billing)
    opened(ago(days=1))
    opened(ago(days=8), team=billing)
    found = summary(week)
    assert [(part.name, part.tickets, part.automated) for part in found.channels] == [
        ("E-mail", 2, 1),
        ("Widget", 1, 0),
    ]
    assert [(part.name, part.tickets, part.before) for part in found.teams] == [("Billing", 2, 1), ("No team", 1, 0)]
    assert [(part.name, part.tickets) for part in found.intents] == [("Not recognised", 2), ("A refund", 1)]


def test_an_intent_that_was_deleted_keeps_its_key_as_its_name(week):
    opened(ago(days=1), intent="old_one")
    assert summary(week).intents[0].name == "old_one"


def test_figures_can_be_of_one_team_and_channel():
    billing = TeamFactory(slug="billing")
    for fields in ({"team": billing, "channel": "email"}, {"team": billing}, {"channel": "email"}):
        ticket = ended(ago(days=1), "people", **fields)
        HandoffFactory(ticket=ticket, created_at=ago(days=1), state="closed")
        CsatFactory(ticket=ticket, created_at=ago(hours=1), about="person")
    found = summary(Scope(period=last_days(7), team="billing", channel="email"))
    assert (found.now.tickets, found.now.handoff_count, found.now.rating("person").count) == (1, 1, 1)
    assert sum(day.tickets for day in found.days) == 1


def test_many_tickets_take_as_many_queries_as_none(week, django_assert_num_queries):
    with django_assert_num_queries(27):
        summary(week)
    for number in range(12):
        ticket = ended(ago(days=1 + number % 12), "people" if number % 2 else "verified", intent=f"intent_{number}")
        HandoffFactory(ticket=ticket, created_at=ago(days=1), state="closed")
        CsatFactory(ticket=ticket, created_at=ago(days=1))
        opened(ago(days=number), team=TeamFactory())
    with django_assert_num_queries(27):
        summary(week)
