"""The figures of a period, as plain values that pages, files and the API share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from insights.models import Outcome
from insights.periods import Period
from insights.statistics import Share, Spread, summed

OPEN = "open"
ENDINGS = (*Outcome.Ending.values, OPEN)
ALONE = tuple(ending.value for ending in Outcome.ALONE)
AI_AGENT, PEOPLE = "ai_agent", "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Tickets of one channel, team or intent; `key` is empty for those without one."""

    key: str
    name: str
    tickets: int
    automated: int
    before: int

    @property
    def share(self) -> Share:
        """Give the automation rate."""
        return Share(count=self.automated, total=self.tickets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """What customers who rated thought; happy is 4 or 5 of 5."""

    happy: int = 0
    count: int = 0
    total_score: int = 0

    @property
    def share(self) -> Share:
        """Give the share of the happy ones."""
        return Share(count=self.happy, total=self.count)

    @property
    def mean(self) -> float | None:
        """Give the mean score, 1 to 5."""
        return self.total_score / self.count if self.count else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One period: tickets opened in it as they stood at its end, and what happened in it.

    `came_back` counts, per hand, tickets with a resolution that a return reversed; `resolved_once` those with any.
    Spreads and ratings are per hand, `ai_agent` and `person`.
    """

    tickets: int = 0
    not_counted: int = 0
    endings: Mapping[str, int] = field(default_factory=dict)
    reversed_endings: Mapping[str, int] = field(default_factory=dict)
    came_back: Mapping[str, int] = field(default_factory=dict)
    resolved_once: Mapping[str, int] = field(default_factory=dict)
    first_reply: Mapping[str, Spread] = field(default_factory=dict)
    resolution: Mapping[str, Spread] = field(default_factory=dict)
    ratings: Mapping[str, Rating] = field(default_factory=dict)
    handoffs: Mapping[str, int] = field(default_factory=dict)

    @property
    def automated(self) -> int:
        """Count what the AI agent resolved alone."""
        return summed(self.endings, ALONE)

    @property
    def automation(self) -> Share:
        """Give the automation rate."""
        return Share(count=self.automated, total=self.tickets)

    @property
    def handoff_count(self) -> int:
        """Count the handoffs of every reason."""
        return sum(self.handoffs.values())

    def return_rate(self, hand: str) -> Share:
        """Give the share of tickets resolved by a hand that came back."""
        return Share(count=self.came_back.get(hand, 0), total=self.resolved_once.get(hand, 0))

    def rating(self, hand: str) -> Rating:
        """Give the ratings of a hand."""
        return self.ratings.get(hand, Rating())


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day: tickets opened, by how they ended, and open tickets at its end."""

    day: date
    automated: int
    people: int
    abandoned: int
    open: int
    backlog: int

    @property
    def tickets(self) -> int:
        """Count the tickets opened."""
        return self.automated + self.people + self.abandoned + self.open


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """Tickets that are open now, by who has the next word and by age."""

    waits: Mapping[str, int]
    ages: Mapping[str, int]

    @property
    def total(self) -> int:
        """Count them."""
        return sum(self.waits.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Everything of one period beside the period before."""

    period: Period
    made_at: datetime
    team: str
    channel: str
    now: Figures
    before: Figures
    days: tuple[Day, ...]
    handoff_days: Mapping[str, tuple[int, ...]]
    backlog: Backlog
    channels: tuple[Slice, ...]
    teams: tuple[Slice, ...]
    intents: tuple[Slice, ...]
    has_history: bool
