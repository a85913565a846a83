"""The tickets behind each figure: the same rows that were counted, as pages of a list."""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from insights import cohorts
from insights.cohorts import Scope
from insights.figures import AI_AGENT, ALONE, OPEN, PEOPLE
from insights.models import Outcome
from insights.periods import midnight, read_day
from insights.rules import HAPPY_SCORE, NOT_COUNTED_INTENTS
from insights.selectors import AGES, OLDER
from supportai.core import clock
from supportai.core.errors import InvalidInputError, NotFoundError
from tickets.models import Message, Ticket

PAGE_SIZE = 50
Tickets = QuerySet[Any]
Find = Callable[[Scope, str], Tickets]


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketPage:
    """One page of a list; `next_cursor` is empty on the last one."""

    tickets: Sequence[Ticket]
    total: int
    next_cursor: str


def behind(figure: str, scope: Scope, value: str = "") -> Tickets:
    """Give the tickets that a figure counts; `value` narrows it, such as a reason, a day or a least duration.

    Raises:
        NotFoundError: there is no such figure.
        InvalidInputError: the value is none of the figure's.
    """
    find = FIGURES.get(figure)
    if find is None:
        raise NotFoundError("There is no such figure.")
    return find(scope, value)


def page_of(tickets: Tickets, *, cursor: str = "") -> TicketPage:
    """Give a page of tickets, the newest first (keyset paging).

    Raises:
        InvalidInputError: the cursor is none of ours.
    """
    rows = Ticket.objects.filter(pk__in=tickets.order_by().values("pk"))
    total = rows.count()
    if cursor:
        at, pk = _read_cursor(cursor)
        rows = rows.filter(Q(created_at__lt=at) | Q(created_at=at, pk__lt=pk))
    rows = rows.select_related("contact__organization", "team").order_by("-created_at", "-pk")
    found = list(rows[: PAGE_SIZE + 1])
    more = len(found) > PAGE_SIZE
    return TicketPage(tickets=found[:PAGE_SIZE], total=total, next_cursor=_cursor(found[PAGE_SIZE - 1]) if more else "")


# --- What the figures count ---------------------------------------------------------------------
def _opened(scope: Scope, _value: str) -> Tickets:
    return cohorts.opened(scope)


def _not_counted(scope: Scope, _value: str) -> Tickets:
    return Ticket.objects.filter(scope.within("created_at"), scope.narrowed(), intent__in=NOT_COUNTED_INTENTS)


def _ended(*endings: str) -> Find:
    def find(scope: Scope, _value: str) -> Tickets:
        return cohorts.with_ending(cohorts.opened(scope), scope.period).filter(ending__in=endings)

    return find


def _came_back(*endings: str) -> Find:
    def find(scope: Scope, _value: str) -> Tickets:
        return _tickets(cohorts.reversals(scope).filter(ending__in=endings).values("ticket"))

    return find


def _handed_off(scope: Scope, reason: str) -> Tickets:
    rows = cohorts.handoffs(scope)
    return _tickets((rows.filter(reason=reason) if reason else rows).values("ticket"))


def _first_reply_ai(scope: Scope, seconds: str) -> Tickets:
    rows = cohorts.first_replies(scope).filter(author=Message.Author.AI_AGENT)
    return rows.filter(seconds__gte=_whole(seconds))


def _first_reply_people(scope: Scope, seconds: str) -> Tickets:
    return _tickets(cohorts.timed_handoffs(scope).filter(seconds__gte=_whole(seconds)).values("ticket"))


def _resolved(*endings: str) -> Find:
    def find(scope: Scope, seconds: str) -> Tickets:
        return cohorts.resolved(scope).filter(ending__in=endings, seconds__gte=_whole(seconds))

    return find


def _rated(hand: str, *, is_unhappy: bool = False) -> Find:
    def find(scope: Scope, _value: str) -> Tickets:
        rows = cohorts.ratings(scope).filter(about=hand)
        return _tickets((rows.filter(score__lt=HAPPY_SCORE) if is_unhappy else rows).values("ticket"))

    return find


def _open_now(scope: Scope, wait: str) -> Tickets:
    rows = cohorts.open_now(scope)
    return rows.filter(wait=wait) if wait else rows


def _open_for(scope: Scope, age: str) -> Tickets:
    """Give the open tickets of an age; its lower bound is the upper one of the age before."""
    now, names = clock.now(), [*AGES, OLDER]
    if age not in names:
        raise InvalidInputError("There is no such age.")
    rows = cohorts.open_now(scope)
    if age in AGES:
        rows = rows.filter(created_at__gt=now - AGES[age])
    place = names.index(age)
    return rows.filter(created_at__lte=now - AGES[names[place - 1]]) if place else rows


def _part(name: str) -> Find:
    def find(scope: Scope, value: str) -> Tickets:
        empty = {f"{name}__isnull": True} if "__" in name else {name: ""}
        return cohorts.opened(scope).filter(**({name: value} if value else empty))

    return find


def _on_day(scope: Scope, value: str) -> Tickets:
    day: date = read_day(value)
    start, end = (midnight(day + timedelta(days=more), scope.period.zone) for more in (0, 1))
    return cohorts.opened(scope).filter(created_at__gte=start, created_at__lt=end)


def _tickets(ids: QuerySet[Any, Any]) -> Tickets:
    return Ticket.objects.filter(pk__in=ids)


def _whole(text: str) -> int:
    if not text:
        # Before any: replies that a clock set back put before the question are listed too.
        return -1_000_000_000
    if not (text.isascii() and text.isdigit() and len(text) < 10):  # noqa: PLR2004 - fits in the database's number
        raise InvalidInputError("Write a number of seconds.")
    return int(text)


FIGURES: Mapping[str, Find] = {
    "tickets": _opened,
    "not_counted": _not_counted,
    "automated": _ended(*ALONE),
    **{ending.value: _ended(ending.value) for ending in Outcome.Ending},
    OPEN: _ended(OPEN),
    "came_back_ai": _came_back(*ALONE),
    "came_back_people": _came_back(Outcome.Ending.PEOPLE),
    **{f"reversed_{ending.value}": _came_back(ending.value) for ending in Outcome.Ending},
    "first_reply_ai": _first_reply_ai,
    "first_reply_people": _first_reply_people,
    "resolution_ai": _resolved(*ALONE),
    "resolution_people": _resolved(Outcome.Ending.PEOPLE),
    "rated_ai": _rated(AI_AGENT),
    "rated_people": _rated(PEOPLE),
    "unhappy_ai": _rated(AI_AGENT, is_unhappy=True),
    "unhappy_people": _rated(PEOPLE, is_unhappy=True),
    "handoffs": _handed_off,
    "backlog": _open_now,
    "backlog_age": _open_for,
    "channel": _part("channel"),
    "team": _part("team__slug"),
    "intent": _part("intent"),
    "day": _on_day,
}


# --- Paging -------------------------------------------------------------------------------------
def _cursor(ticket: Ticket) -> str:
    return base64.urlsafe_b64encode(f"{ticket.created_at.isoformat()}|{ticket.pk}".encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[datetime, int]:
    try:
        at, _, pk = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition("|")
        read = datetime.fromisoformat(at), int(pk)
    except (binascii.Error, ValueError) as exc:
        raise InvalidInputError("This page link is broken; open the list again.") from exc
    if read[0].tzinfo is None or not 0 <= read[1] < 2**63:
        raise InvalidInputError("This page link is broken; open the list again.")
    return read
