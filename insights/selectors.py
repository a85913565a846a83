"""The figures of the dashboard, from a fixed number of queries whatever the number of tickets."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django.db.models import Case, Count, Q, QuerySet, Sum, Value, When

from accounts.models import Team
from insights import cohorts
from insights.cohorts import Scope
from insights.expressions import Bucket, bucket_size, day_of
from insights.figures import (
    AI_AGENT,
    ALONE,
    OPEN,
    PEOPLE,
    Backlog,
    Day,
    Figures,
    Rating,
    Slice,
    Summary,
)
from insights.models import Outcome
from insights.rules import HAPPY_SCORE, NOT_COUNTED_INTENTS
from insights.statistics import Spread, spread_of
from supportai.core import clock
from tickets.models import Channel, Intent, Message, Ticket

# Upper bounds of the age of open tickets.
AGES = {
    "day": timedelta(days=1),
    "three_days": timedelta(days=3),
    "week": timedelta(days=7),
}
OLDER = "older"
WAITS = ("nobody", "person", "ai_agent", "customer")
Groups = list[dict[str, Any]]


def summary(scope: Scope) -> Summary:
    """Compute everything of a period and of the one before."""
    groups, groups_before = _groups(scope), _groups(scope.before)
    not_counted = _not_counted(scope)
    return Summary(
        period=scope.period,
        made_at=clock.now(),
        team=scope.team,
        channel=scope.channel,
        now=replace(_figures(scope, groups), not_counted=not_counted),
        before=_figures(scope.before, groups_before),
        days=_days(scope),
        handoff_days=_handoff_days(scope),
        backlog=_backlog(scope),
        channels=_slices("channel", groups, groups_before, names=dict(Channel.choices)),
        teams=_slices("team__slug", groups, groups_before, names=_team_names()),
        intents=_slices("intent", groups, groups_before, names=_intent_names()),
        has_history=Ticket.objects.exists(),
    )


def team_choices() -> list[Team]:
    """Give the teams that figures can be limited to."""
    return list(Team.objects.order_by("name"))


# --- One period ---------------------------------------------------------------------------------
def _groups(scope: Scope) -> Groups:
    """Count the opened tickets by channel, team, intent and ending."""
    tickets = cohorts.with_ending(cohorts.opened(scope), scope.period)
    return list(tickets.values("channel", "team__slug", "intent", "ending").annotate(n=Count("pk")))


def _figures(scope: Scope, groups: Groups) -> Figures:
    endings: Counter[str] = Counter()
    for group in groups:
        endings[group["ending"]] += group["n"]
    once, came_back = _resolved_tickets(scope)
    return Figures(
        tickets=endings.total(),
        endings=dict(endings),
        reversed_endings=dict(
            cohorts.reversals(scope).order_by().values_list("ending").annotate(n=Count("pk")),
        ),
        came_back=came_back,
        resolved_once=once,
        first_reply={
            AI_AGENT: _spread(cohorts.first_replies(scope).filter(author=Message.Author.AI_AGENT)),
            PEOPLE: _spread(cohorts.timed_handoffs(scope)),
        },
        resolution=_resolution_spreads(scope),
        ratings=_ratings(scope),
        handoffs=dict(cohorts.handoffs(scope).values_list("reason").annotate(n=Count("pk")).order_by()),
    )


def _resolved_tickets(scope: Scope) -> tuple[dict[str, int], dict[str, int]]:
    """Count, by hand, the tickets with a resolution, and those with a reversed one."""
    rows = (
        cohorts.resolutions(scope)
        .order_by()
        .values_list("hand")
        .annotate(
            once=Count("ticket", distinct=True),
            came_back=Count("ticket", distinct=True, filter=Q(is_reversed=1)),
        )
    )
    found = list(rows)
    return {hand: once for hand, once, _ in found}, {hand: back for hand, _, back in found}


def _spread(rows: QuerySet[Any]) -> Spread:
    counted = rows.order_by().values_list("seconds").annotate(n=Count("pk"))
    return spread_of((seconds, often) for seconds, often in counted if seconds is not None)


def _resolution_spreads(scope: Scope) -> dict[str, Spread]:
    pairs: dict[str, list[tuple[int, int]]] = defaultdict(list)
    rows = cohorts.resolved(scope).order_by().values_list("ending", "seconds").annotate(n=Count("pk"))
    for ending, seconds, often in rows:
        pairs[AI_AGENT if ending in ALONE else PEOPLE].append((seconds, often))
    return {hand: spread_of(pairs[hand]) for hand in (AI_AGENT, PEOPLE)}


def _ratings(scope: Scope) -> dict[str, Rating]:
    rows = (
        cohorts.ratings(scope)
        .order_by()
        .values("about")
        .annotate(n=Count("pk"), happy=Count("pk", filter=Q(score__gte=HAPPY_SCORE)), total=Sum("score"))
    )
    return {row["about"]: Rating(happy=row["happy"], count=row["n"], total_score=row["total"]) for row in rows}


def _not_counted(scope: Scope) -> int:
    found = Ticket.objects.filter(scope.within("created_at"), scope.narrowed(), intent__in=NOT_COUNTED_INTENTS)
    return found.count()


# --- Days ---------------------------------------------------------------------------------------
def _by_day(rows: QuerySet[Any], name: str, scope: Scope, *keys: str) -> dict[tuple[Any, ...], int]:
    """Count rows by (local day, *keys)."""
    period = scope.period
    size = bucket_size(period.zone, period.first, _today(scope))
    counted = rows.order_by().annotate(bucket=Bucket(name, size=size)).values_list("bucket", *keys)
    found: Counter[tuple[Any, ...]] = Counter()
    for bucket, *rest, often in counted.annotate(n=Count("pk")):
        found[(day_of(bucket, size=size, zone=period.zone), *rest)] += often
    return found


def _today(scope: Scope) -> date:
    return clock.now().astimezone(scope.period.zone).date()


def _days(scope: Scope) -> tuple[Day, ...]:
    tickets = cohorts.with_ending(cohorts.opened(scope), scope.period)
    opened = _by_day(tickets, "created_at", scope, "ending")
    backlog = _backlog_by_day(scope)
    return tuple(
        Day(
            day=day,
            automated=sum(opened.get((day, ending), 0) for ending in ALONE),
            people=opened.get((day, Outcome.Ending.PEOPLE), 0),
            abandoned=opened.get((day, Outcome.Ending.ABANDONED), 0),
            open=opened.get((day, OPEN), 0),
            backlog=backlog[day],
        )
        for day in scope.period.days
    )


def _backlog_by_day(scope: Scope) -> dict[date, int]:
    """Give the open tickets at the end of each day, reckoned back from what is open now."""
    since = scope.period.start
    tickets = Ticket.objects.filter(scope.where(), created_at__gte=since)
    outcomes = Outcome.objects.filter(scope.where("ticket__"))
    opened = _by_day(tickets, "created_at", scope)
    ended = _by_day(outcomes.filter(ended_at__gte=since), "ended_at", scope)
    returned = _by_day(outcomes.filter(returned_at__gte=since), "returned_at", scope)
    level = cohorts.open_now(scope).count()
    levels: dict[date, int] = {}
    day = _today(scope)
    while day >= scope.period.first:
        levels[day] = max(level, 0)
        level -= opened.get((day,), 0) - ended.get((day,), 0) + returned.get((day,), 0)
        day -= timedelta(days=1)
    return levels


def _handoff_days(scope: Scope) -> dict[str, tuple[int, ...]]:
    """Give, for each reason, the handoffs of each day."""
    counted = _by_day(cohorts.handoffs(scope), "created_at", scope, "reason")
    reasons = {reason for _, reason in counted}
    return {reason: tuple(counted.get((day, reason), 0) for day in scope.period.days) for reason in sorted(reasons)}


# --- Now ----------------------------------------------------------------------------------------
def _backlog(scope: Scope) -> Backlog:
    now = clock.now()
    ages = [When(created_at__gt=now - age, then=Value(key)) for key, age in AGES.items()]
    rows = (
        cohorts.open_now(scope)
        .annotate(age=Case(*ages, default=Value(OLDER)))
        .order_by()
        .values_list("wait", "age")
        .annotate(n=Count("pk"))
    )
    waits: Counter[str] = Counter()
    by_age: Counter[str] = Counter()
    for wait, age, often in rows:
        waits[wait] += often
        by_age[age] += often
    return Backlog(waits={key: waits[key] for key in WAITS}, ages={key: by_age[key] for key in (*AGES, OLDER)})


# --- Where they come from -----------------------------------------------------------------------
def _slices(name: str, groups: Groups, groups_before: Groups, *, names: Mapping[str, str]) -> tuple[Slice, ...]:
    """Give the parts by one key, the largest first."""
    tickets, automated = _counted(name, groups), _counted(name, groups, endings=ALONE)
    before = _counted(name, groups_before)
    slices = [
        Slice(
            key=key,
            name=names.get(key, key),
            tickets=tickets[key],
            automated=automated[key],
            before=before[key],
        )
        for key in {*tickets, *before}
    ]
    return tuple(sorted(slices, key=lambda part: (-part.tickets, -part.before, part.name)))


def _counted(name: str, groups: Groups, *, endings: tuple[str, ...] = ()) -> Counter[str]:
    found: Counter[str] = Counter()
    for group in groups:
        if not endings or group["ending"] in endings:
            found[group[name] or ""] += group["n"]
    return found


def _team_names() -> dict[str, str]:
    return {"": "No team", **dict(Team.objects.values_list("slug", "name"))}


def _intent_names() -> dict[str, str]:
    return {"": "Not recognised", **dict(Intent.objects.values_list("slug", "name"))}
