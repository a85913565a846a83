"""Which rows a figure counts: shared by the figures and by the lists of tickets behind them."""

from dataclasses import dataclass
from typing import Any

from django.db.models import (
    Case,
    CharField,
    FilteredRelation,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from insights.expressions import Epoch
from insights.figures import AI_AGENT, ALONE, OPEN, PEOPLE
from insights.models import Outcome
from insights.periods import Period
from insights.rules import RETURN_WINDOW, counted
from tickets.models import Csat, Handoff, Message, Ticket

REPLIES = (Message.Author.AI_AGENT, Message.Author.AGENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose figures: a period, and one team or channel when named."""

    period: Period
    team: str = ""
    channel: str = ""

    @property
    def before(self) -> "Scope":
        """Give the same of the period before."""
        return Scope(period=self.period.before, team=self.team, channel=self.channel)

    def where(self, prefix: str = "") -> Q:
        """Give the condition that a ticket counts here; `prefix` leads to the ticket, such as `ticket__`."""
        return counted(prefix) & self.narrowed(prefix)

    def narrowed(self, prefix: str = "") -> Q:
        """Give the condition of team and channel alone."""
        condition = Q()
        if self.team:
            condition &= Q(**{f"{prefix}team__slug": self.team})
        if self.channel:
            condition &= Q(**{f"{prefix}channel": self.channel})
        return condition

    def within(self, name: str) -> Q:
        """Give the condition that a time is in the period."""
        return Q(**{f"{name}__gte": self.period.start, f"{name}__lt": self.period.end})


def opened(scope: Scope) -> QuerySet[Any]:
    """Give the tickets opened in the period."""
    return Ticket.objects.filter(scope.where(), scope.within("created_at"))


def with_ending(tickets: QuerySet[Any], period: Period) -> QuerySet[Any]:
    """Add `ending`: how each ticket stood at the end of the period, `open` if it was not ended."""
    stands = Q(outcomes__ended_at__lt=period.end) & (
        Q(outcomes__returned_at=None) | Q(outcomes__returned_at__gte=period.end)
    )
    found: QuerySet[Any] = tickets.annotate(
        standing=FilteredRelation("outcomes", condition=stands),
        ending=Coalesce("standing__ending", Value(OPEN), output_field=CharField()),
    )
    return found


def resolutions(scope: Scope) -> QuerySet[Any]:
    """Give every resolution up to the period's end of the tickets opened in it; abandoned ones are none.

    Adds `hand` (`ai_agent` or `person`) and `is_reversed`.
    """
    # None ends before it was opened; saying so lets the database use the index of ends.
    window = int(RETURN_WINDOW.total_seconds())
    reversed_ = Q(returned_at__lt=scope.period.end, stood_seconds__lte=window)
    return (
        Outcome.objects.filter(scope.where("ticket__"), scope.within("ticket__created_at"))
        .filter(scope.within("ended_at"))
        .exclude(ending=Outcome.Ending.ABANDONED)
        .annotate(
            stood_seconds=Epoch("returned_at") - Epoch("ended_at"),
            hand=Case(When(ending__in=ALONE, then=Value(AI_AGENT)), default=Value(PEOPLE)),
            is_reversed=Case(When(reversed_, then=Value(1)), default=Value(0)),
        )
    )


def reversals(scope: Scope) -> QuerySet[Any]:
    """Give the resolutions that a return inside the window reversed before the period ended."""
    return resolutions(scope).filter(is_reversed=1)


def first_replies(scope: Scope) -> QuerySet[Any]:
    """Give the tickets opened in the period and answered in it, with `seconds` and `author` of the first reply."""
    reply = Message.objects.filter(ticket=OuterRef("pk"), author__in=REPLIES, kind=Message.Kind.PUBLIC)
    answered = opened(scope).filter(first_replied_at__lt=scope.period.end)
    found: QuerySet[Any] = answered.annotate(
        seconds=Epoch("first_replied_at") - Epoch("created_at"),
        author=Subquery(reply.order_by("sequence").values("author")[:1]),
    )
    return found


def handoffs(scope: Scope) -> QuerySet[Any]:
    """Give the handoffs of the period."""
    return Handoff.objects.filter(scope.where("ticket__"), scope.within("created_at"))


def timed_handoffs(scope: Scope) -> QuerySet[Any]:
    """Give the handoffs of the period with `seconds` until a person answered in it, None where nobody did."""
    reply = Message.objects.filter(
        ticket=OuterRef("ticket_id"),
        author=Message.Author.AGENT,
        kind=Message.Kind.PUBLIC,
        created_at__gte=OuterRef("created_at"),
        created_at__lt=scope.period.end,
    )
    # Not filtered here: the database would look for each reply twice.
    replied_at = Subquery(reply.order_by("sequence").values("created_at")[:1])
    found: QuerySet[Any] = handoffs(scope).annotate(seconds=Epoch(replied_at) - Epoch("created_at"))
    return found


def resolved(scope: Scope) -> QuerySet[Any]:
    """Give the tickets opened and resolved in the period, with `ending` and `seconds` from opening to the end."""
    found: QuerySet[Any] = (
        with_ending(opened(scope), scope.period)
        .exclude(ending__in=[OPEN, Outcome.Ending.ABANDONED])
        .annotate(seconds=Epoch("standing__ended_at") - Epoch("created_at"))
    )
    return found


def ratings(scope: Scope) -> QuerySet[Csat]:
    """Give the ratings given in the period."""
    return Csat.objects.filter(scope.where("ticket__"), scope.within("created_at"))


def open_now(scope: Scope) -> QuerySet[Any]:
    """Give the tickets that are open now, with `wait`: who has the next word."""
    return Ticket.objects.filter(scope.where(), status__in=(Ticket.Status.OPEN, Ticket.Status.PENDING)).annotate(
        wait=Case(
            When(status=Ticket.Status.PENDING, then=Value("customer")),
            When(handler=Ticket.Handler.AI_AGENT, then=Value("ai_agent")),
            When(assignee=None, then=Value("nobody")),
            default=Value("person"),
        )
    )
