"""The dashboard's panels in words: counts for few, rates for many, and addresses that keep the choices."""

from dataclasses import replace
from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from insights import words
from insights.cohorts import Scope
from insights.figures import Backlog, Day, Figures, Rating, Slice, Summary
from insights.periods import between, last_days
from insights.statistics import Spread
from insights.tests.factories import NOW
from insights.views.board import Board, Line, board_of, by_week, query_of

NOTHING = Figures(
    first_reply={"ai_agent": Spread(), "person": Spread()}, resolution={"ai_agent": Spread(), "person": Spread()}
)
PLENTY = replace(
    NOTHING,
    tickets=200,
    endings={"verified": 40, "confirmed": 60, "assumed": 20, "people": 60, "abandoned": 5, "open": 15},
    reversed_endings={"assumed": 4},
    came_back={"ai_agent": 4, "person": 3},
    resolved_once={"ai_agent": 120, "person": 60},
    first_reply={
        "ai_agent": Spread(count=190, median_seconds=6, p90_seconds=20),
        "person": Spread(count=50, median_seconds=3600, p90_seconds=11400),
    },
    ratings={
        "ai_agent": Rating(happy=36, count=40, total_score=180),
        "person": Rating(happy=2, count=3, total_score=11),
    },
    handoffs={"policy": 30, "tool_failure": 5},
)


@pytest.fixture
def scope(_noon) -> Scope:
    return Scope(period=last_days(7))


def summary(scope: Scope, now: Figures = PLENTY, before: Figures = NOTHING, **fields) -> Summary:
    days = tuple(
        Day(day=day, automated=3, people=2, abandoned=1, open=0, backlog=number)
        for number, day in enumerate(scope.period.days)
    )
    backlog = Backlog(
        waits={"nobody": 2, "person": 0, "ai_agent": 1, "customer": 4},
        ages={"day": 5, "three_days": 1, "week": 1, "older": 0},
    )
    given = {
        "period": scope.period, "made_at": NOW, "team": "", "channel": "", "now": now, "before": before, "days": days,
        "handoff_days": {"policy": (1,) * scope.period.length}, "backlog": backlog,
        "channels": (), "teams": (), "intents": (), "has_history": True,
    }  # fmt: skip
    return Summary(**{**given, **fields})


def board(scope: Scope, *args, **fields) -> Board:
    return board_of(summary(scope, *args, **fields), scope)


def texts(line: Line) -> list[str]:
    return [cell.text.replace(words.GAP, " ") for cell in line.cells]


def notes(line: Line) -> list[str]:
    return [f"{cell.note} / {cell.before}".replace(words.GAP, " ") for cell in line.cells]


# ---- rates and counts ----


def test_the_automation_rate_has_an_interval(scope):
    line = board(scope).automation
    assert texts(line) == ["60 %"]
    assert line.hint.replace(words.GAP, " ") == "95 % interval 53 % to 67 %"


def test_the_rate_before_is_of_the_tickets_before(scope):
    before = replace(NOTHING, tickets=100, endings={"verified": 50, "people": 50})
    assert notes(board(scope, PLENTY, before).automation) == ["50 % before / +10 points"]


def test_few_tickets_have_no_rate_and_no_comparison(scope):
    line = board(scope, replace(NOTHING, tickets=5, endings={"verified": 2, "open": 3}), PLENTY).automation
    assert (texts(line), line.hint, line.cells[0].before) == (["2 of 5"], "too few for a rate", "")


def test_hands_are_compared_only_where_there_are_enough(scope):
    happy, back = board(scope).quality
    assert texts(happy) == ["90 %", "2 of 3"]
    assert notes(happy) == ["77 % to 96 % / 40 in all", "too few for a rate / "]
    assert str(happy.chart).count('class="m-') == 1
    assert texts(back) == ["3.3 %", "5.0 %"]
    assert str(back.chart).count('class="m-') == 2


def test_what_nobody_rated_is_said_so(scope):
    happy, back = board(scope, replace(NOTHING, tickets=1)).quality
    assert (texts(happy), notes(happy)) == (["–", "–"], ["none yet / ", "none yet / "])
    assert [cell.href for cell in (*happy.cells, *back.cells)] == [""] * 4


def test_durations_stand_beside_those_before(scope):
    first, resolution = board(scope, PLENTY, PLENTY).times
    assert texts(first) == ["6 s", "20 s", "1 h", "3 h 10 min"]
    assert notes(first)[0] == "6 s before / 190 in all"
    assert texts(resolution) == ["–"] * 4


# ---- endings, handoffs, parts ----


def test_every_ending_is_listed_with_its_share_and_reversals(scope):
    lines = {line.key: texts(line) for line in board(scope).endings}
    assert list(lines) == ["verified", "confirmed", "assumed", "people", "abandoned", "open"]
    assert lines["assumed"] == ["20", "10 %", "4"]
    assert lines["abandoned"] == ["5", "2.5 %", "0"]


def test_reasons_come_by_size_and_keep_those_that_stopped(scope):
    shown = board(scope, PLENTY, replace(NOTHING, handoffs={"negative_sentiment": 8, "policy": 20}))
    assert [(line.name, line.cells[0].text) for line in shown.reasons] == [
        ("For a person to decide", "30"),
        ("A tool failed", "5"),
        ("The customer is upset", "0"),
    ]
    assert [line.cells[0].before.replace(words.GAP, " ") for line in shown.reasons] == ["+50 %", "+5", "−8"]
    assert shown.reasons_total.text == "35"


def test_a_reason_that_has_no_name_yet_is_shown_as_it_is(scope):
    assert board(scope, replace(NOTHING, handoffs={"new_reason": 1})).reasons[0].name == "new_reason"


def test_only_the_largest_parts_are_shown(scope):
    parts = tuple(
        Slice(key=f"i{number}", name=f"Intent {number}", tickets=40 - number, automated=10, before=0)
        for number in range(11)
    )
    (title, figure, lines, more), (_, _, teams, none) = board(scope, intents=parts).parts
    assert (title, figure, len(lines), more) == ("By intent", "intent", 8, 3)
    assert (texts(lines[0]), teams, none) == (["40", "25 %"], (), 0)


def test_days_are_listed_the_last_one_first(scope):
    lines = board(scope).days
    assert (lines[0].name, lines[-1].name) == ("Wed 18 Mar", "Thu 12 Mar")
    assert texts(lines[0]) == ["6", "3", "2", "1", "6"]


def test_zeros_lead_nowhere(scope):
    shown = board(scope)
    assert [bool(line.cells[0].href) for line in shown.waits] == [True, False, True, True]
    assert [bool(line.cells[0].href) for line in shown.ages] == [True, True, True, False]
    assert shown.not_counted.href == ""


# ---- headline ----


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (PLENTY, "In the last 7 days the AI agent resolved 120 of 200 tickets alone; 4 that it had resolved came back"),
        (replace(NOTHING, tickets=1, endings={"open": 1}), "In the last 7 days the AI agent resolved 0 of 1 ticket alone"),
        (replace(NOTHING, tickets=1200, endings={"verified": 1100}), "In the last 7 days the AI agent resolved 1,100 of 1,200 tickets alone"),
        (NOTHING, "In the last 7 days no ticket came in"),
    ],
)  # fmt: skip
def test_the_headline_holds_the_finding(scope, now, said):
    assert board(scope, now).headline == said


@pytest.mark.parametrize(
    ("first", "last", "start"),
    [
        (date(2026, 3, 18), date(2026, 3, 18), "Today no"),
        (date(2026, 3, 17), date(2026, 3, 17), "On 17 March 2026 no"),
        (date(2026, 2, 1), date(2026, 2, 28), "From 1 to 28 February 2026 no"),
    ],
)
def test_the_headline_names_the_period(first, last, start):
    assert board(Scope(period=between(first, last)), NOTHING).headline.startswith(start)


# ---- addresses and trends ----


def test_addresses_of_lists_keep_period_team_and_channel():
    scope = Scope(period=last_days(7), team="billing", channel="email")
    href = board(scope).reasons[0].cells[0].href
    assert urlsplit(href).path == "/insights/tickets/handoffs/"
    assert parse_qs(urlsplit(href).query) == {
        "from": ["2026-03-12"], "to": ["2026-03-18"], "team": ["billing"], "channel": ["email"], "value": ["policy"]
    }  # fmt: skip


def test_a_period_that_moves_with_today_keeps_moving(scope):
    assert query_of(scope, days=30) == "days=30"
    assert query_of(scope) == "from=2026-03-12&to=2026-03-18"


def test_long_trends_are_added_up_over_whole_weeks_to_the_end():
    assert by_week([1] * 14) == [1] * 14
    assert by_week(list(range(15))) == [sum(range(1, 8)), sum(range(8, 15))]
    assert by_week([2] * 90) == [14] * 12


def test_the_comparison_names_the_days_before(scope):
    shown = board(scope)
    assert (shown.period, shown.compared) == ("12 to 18 March 2026, today until 12:00", "5 to 11 March 2026")
    assert scope.before.period.end == NOW - timedelta(days=7)
