"""Reads of the inbox: its views, counts and rows, and what the frame of staff pages shows."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypedDict
from uuid import UUID

from django.db.models import Case, Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from accounts.models import Team, User
from integrations.models import Approval
from knowledge.models import Suggestion
from supportai.core.errors import InvalidInputError, NotFoundError
from tickets.models import AgentConfiguration, AgentRun, AgentStep, Handoff, Intent, Message, Priority, Stage, Ticket

PAGE_SIZE = 40
URGENT_FIRST = ("-rank", "waiting_since", "pk")
NEWEST_FIRST = ("-touched_at", "-pk")
# Named one by one, because an index helps to find those and not to find all others.
OPEN = Q(status__in=(Ticket.Status.OPEN, Ticket.Status.PENDING))
RANKS = {Priority.LOW: 0, Priority.NORMAL: 1, Priority.HIGH: 2, Priority.URGENT: 3}
RANK = Case(
    *(When(priority=priority, then=Value(rank)) for priority, rank in RANKS.items()),
    default=Value(1),
    output_field=IntegerField(),
)
WAITING_SINCE = Coalesce("last_customer_message_at", "created_at")
# An index of Ticket is written the same way.
TOUCHED_AT = Coalesce("last_message_at", "created_at")
WAITS_APPROVAL = AgentRun.objects.filter(state=AgentRun.State.WAITING_APPROVAL).values("ticket")


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxView:
    """One of the lists that the inbox offers, in words."""

    key: str
    label: str
    hint: str
    empty: str
    order: tuple[str, ...] = NEWEST_FIRST


VIEWS = {
    view.key: view
    for view in (
        InboxView(
            key="needs",
            label="Needs you",
            hint="Most urgent first, then the longest wait.",
            empty="Nobody waits for you. What the AI agent hands over, and what it may not do alone, comes here.",
            order=URGENT_FIRST,
        ),
        InboxView(
            key="mine",
            label="Mine",
            hint="Open tickets that are assigned to you.",
            empty="You have no open tickets. Take one over from Needs you or Unassigned.",
            order=URGENT_FIRST,
        ),
        InboxView(
            key="unassigned",
            label="Unassigned",
            hint="A person has to answer, and nobody has it yet.",
            empty="Every ticket that needs a person has one.",
            order=URGENT_FIRST,
        ),
        InboxView(
            key="ai",
            label="AI is working",
            hint="The AI agent has the next word. You can take over at any time.",
            empty="The AI agent works on nothing at the moment.",
        ),
        InboxView(
            key="waiting",
            label="Waiting for customer",
            hint="Answered or asked; the customer has the next word.",
            empty="No customer owes an answer.",
        ),
        InboxView(
            key="resolved",
            label="Resolved",
            hint="Newest first. A new message of the customer opens a ticket again.",
            empty="Nothing has been resolved yet.",
        ),
        InboxView(
            key="all",
            label="All open",
            hint="Everything that is not resolved, newest first.",
            empty="No open tickets. The widget on your site opens the first one.",
        ),
    )
}


def in_view(key: str, *, user_id: int) -> Q:
    """Give the condition of a view."""
    with_person = Q(handler=Ticket.Handler.PERSON)
    waits = with_person & Q(status=Ticket.Status.OPEN)
    conditions = {
        # All of it is open, said outside of the alternatives, so that the index on the status serves both.
        "needs": OPEN & (waits & (Q(assignee=None) | Q(assignee=user_id)) | Q(pk__in=WAITS_APPROVAL)),
        "mine": OPEN & Q(assignee=user_id),
        "unassigned": OPEN & with_person & Q(assignee=None),
        "ai": Q(status=Ticket.Status.OPEN, handler=Ticket.Handler.AI_AGENT),
        "waiting": Q(status=Ticket.Status.PENDING),
        "resolved": Q(status=Ticket.Status.RESOLVED),
        "all": OPEN,
    }
    return conditions[key]


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxFilter:
    """What a list shows: a view, or a team's open tickets, or what matches some words."""

    user_id: int
    view: str = "needs"
    team: str = ""
    words: str = ""

    @property
    def condition(self) -> Q:
        """Combine the parts."""
        condition = OPEN & Q(team__slug=self.team) if self.team else in_view(self.view, user_id=self.user_id)
        for word in self.words.split()[:6]:
            condition &= _matches(word)
        return condition

    @property
    def order(self) -> tuple[str, ...]:
        """Name the fields that order the list; the last one is unique."""
        return VIEWS["all" if self.team else self.view].order


def _matches(word: str) -> Q:
    number = word.removeprefix("#")
    found = (
        Q(subject__icontains=word)
        | Q(contact__name__icontains=word)
        | Q(contact__email__icontains=word)
        | Q(contact__organization__name__icontains=word)
    )
    return found | Q(pk=int(number)) if number.isascii() and number.isdigit() and len(number) < 10 else found  # noqa: PLR2004 - fits in an id


class RowFacts(TypedDict):
    """What `rows()` adds to a ticket."""

    rank: int
    waiting_since: datetime
    touched_at: datetime
    has_ai: bool
    waits_approval: bool
    open_handoff: str | None
    last_story: str | None
    last_said: str | None
    waiting_call: str | None
    run_state: str | None


class TeamFacts(TypedDict):
    """What `teams_with_counts()` adds to a team."""

    open_count: int


if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

    ListedTicket = WithAnnotations[Ticket, RowFacts]
    CountedTeam = WithAnnotations[Team, TeamFacts]
else:
    ListedTicket, CountedTeam = Ticket, Team


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketPage:
    """One page of a list; `next_cursor` is empty on the last one."""

    tickets: Sequence[ListedTicket]
    next_cursor: str


def ticket_page(shown: InboxFilter, *, cursor: str = "") -> TicketPage:
    """Give a page of a list, in an order that new tickets do not shift (keyset paging).

    Raises:
        InvalidInputError: the cursor is none of ours.
    """
    listed = Ticket.objects.alias(rank=RANK, waiting_since=WAITING_SINCE, touched_at=TOUCHED_AT)
    listed = listed.filter(shown.condition).order_by(*shown.order)
    if cursor:
        listed = listed.filter(_after(cursor, shown.order))
    # Ids first: SQLite works out what a row says for each ticket that matches, not only for those of the page.
    ids = list(listed.values_list("pk", flat=True)[: PAGE_SIZE + 1])
    more = len(ids) > PAGE_SIZE
    found = list(rows().filter(pk__in=ids[:PAGE_SIZE]).order_by(*shown.order))
    return TicketPage(tickets=found, next_cursor=_cursor(found[-1], shown.order) if more and found else "")


def row_of(public_id: UUID) -> ListedTicket:
    """Give one ticket as a row.

    Raises:
        NotFoundError: there is none.
    """
    ticket = rows().filter(public_id=public_id).first()
    if ticket is None:
        raise NotFoundError("This ticket does not exist.")
    return ticket


def is_in(shown: InboxFilter, ticket: Ticket) -> bool:
    """Tell whether a ticket belongs to a list now."""
    return Ticket.objects.filter(shown.condition, pk=ticket.pk).exists()


def rows() -> QuerySet[ListedTicket]:
    """Give tickets with what a row says about them, in one query.

    Adds `rank` (3 is urgent), `waiting_since`, `touched_at`, `has_ai`, `waits_approval`, `open_handoff` (its reason),
    `last_story`, `last_said` (the customer's last message), `waiting_call` (a capability) and `run_state`.
    """
    ticket_steps = AgentStep.objects.filter(run__ticket=OuterRef("pk")).order_by("-pk")
    ticket_runs = AgentRun.objects.filter(ticket=OuterRef("pk"))
    open_handoff = Handoff.objects.filter(ticket=OuterRef("pk"), state__in=Handoff.OPEN)
    said = Message.objects.filter(ticket=OuterRef("pk"), author=Message.Author.CUSTOMER, kind=Message.Kind.PUBLIC)
    planned = ticket_steps.filter(kind=AgentStep.Kind.ACT, state=AgentStep.State.DECIDED)
    return Ticket.objects.select_related("contact__organization", "team", "assignee").annotate(
        rank=RANK,
        waiting_since=WAITING_SINCE,
        touched_at=TOUCHED_AT,
        has_ai=Exists(ticket_runs),
        waits_approval=Exists(ticket_runs.filter(state=AgentRun.State.WAITING_APPROVAL)),
        open_handoff=Subquery(open_handoff.values("reason")[:1]),
        last_story=Subquery(ticket_steps.values("story")[:1]),
        last_said=Subquery(said.order_by("-sequence").values("body")[:1]),
        waiting_call=Subquery(planned.values("input__capability")[:1]),
        run_state=Subquery(ticket_runs.order_by("-pk").values("state")[:1]),
    )


def _cursor(ticket: ListedTicket, order: tuple[str, ...]) -> str:
    values = [getattr(ticket, name.lstrip("-")) for name in order]
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def _after(cursor: str, order: tuple[str, ...]) -> Q:
    values = _read_cursor(cursor, order)
    condition = Q()
    for index, name in enumerate(order):
        field = name.lstrip("-")
        same = Q(**{earlier.lstrip("-"): value for earlier, value in zip(order[:index], values, strict=False)})
        comparison = "lt" if name.startswith("-") else "gt"
        condition |= same & Q(**{f"{field}__{comparison}": values[index]})
    # Follows from the rest, but an index can begin to read here.
    first, bound = order[0].lstrip("-"), "lte" if order[0].startswith("-") else "gte"
    return Q(**{f"{first}__{bound}": values[0]}) & condition


def _read_cursor(cursor: str, order: tuple[str, ...]) -> list[Any]:
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        read = [
            datetime.fromisoformat(value) if name.endswith(("_at", "_since")) else int(value)
            for name, value in zip(order, values, strict=True)
        ]
    except (binascii.Error, ValueError, TypeError) as exc:
        raise InvalidInputError("This page link is broken; open the list again.") from exc
    if any(isinstance(value, datetime) and value.tzinfo is None for value in read):
        raise InvalidInputError("This page link is broken; open the list again.")
    return read


# --- Counts -------------------------------------------------------------------------------------
def view_counts(*, user_id: int) -> dict[str, int]:
    """Count the tickets of each view in one query; resolved ones are not counted, since that says nothing."""
    counted = [key for key in VIEWS if key != "resolved"]
    filters: dict[str, Any] = {key: Count("pk", filter=in_view(key, user_id=user_id)) for key in counted}
    found: dict[str, int] = Ticket.objects.filter(OPEN).aggregate(**filters)
    return found


def teams_with_counts() -> list[CountedTeam]:
    """Give all teams with `open_count`."""
    # Counted apart: joined to the teams, every ticket that ever was would be read.
    teams = list(Team.objects.annotate(open_count=Value(0)).order_by("name"))
    filters: dict[str, Any] = {str(team.pk): Count("pk", filter=Q(team=team)) for team in teams}
    counts = Ticket.objects.filter(OPEN).aggregate(**filters)
    for team in teams:
        team.open_count = counts[str(team.pk)]
    return teams


def count_needs(*, user_id: int) -> int:
    """Count what needs a person now."""
    return Ticket.objects.filter(in_view("needs", user_id=user_id)).count()


def count_approvals() -> int:
    """Count calls that wait for a yes."""
    return Approval.objects.filter(state=Approval.State.PENDING).count()


def count_suggestions() -> int:
    """Count what could be learned and waits for somebody."""
    return Suggestion.objects.filter(state__in=Suggestion.UNDECIDED).count()


@dataclass(frozen=True, slots=True, kw_only=True)
class AiSwitch:
    """Whether the AI agent works, and for how many of the configured intents."""

    is_on: bool
    intents_on: int
    intents: int


def ai_switch() -> AiSwitch:
    """Read the switch; without a row of settings the AI agent is on."""
    off = AgentConfiguration.objects.filter(is_on=False).exists()
    stopped = Q(stage__level=Stage.Level.OFF)
    counts = Intent.objects.aggregate(all=Count("pk"), off=Count("pk", filter=stopped))
    return AiSwitch(is_on=not off, intents_on=counts["all"] - counts["off"], intents=counts["all"])


def staff_for_demo() -> list[dict[str, str]]:
    """Give name, address and role of the people that the demo's sign-in page offers."""
    people = User.objects.filter(is_active=True).prefetch_related("groups").order_by("pk")[:8]
    labels = dict(User.Role.choices)
    return [
        {
            "name": str(person),
            "email": person.email,
            "role": ", ".join(labels.get(group.name, group.name) for group in person.groups.all()),
        }
        for person in people
    ]


def intents_with_procedures() -> list[Intent]:
    """Give all intents with team, stage and procedure steps, those with a procedure first."""
    intents = Intent.objects.select_related("team", "stage", "procedure").prefetch_related("procedure__steps")
    return sorted(intents, key=lambda intent: (not hasattr(intent, "procedure"), intent.name.lower()))
