"""What a policy sees: one frozen picture of the ticket, rebuilt from rows after a crash."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from accounts.models import Contact, IdentityLevel
from supportai.core.models import JSONDict
from tickets.models import AgentRun, AgentStep, Message
from tickets.selectors_agent import AgentSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """The customer's person as the platform knows them; `level` is that of the turn's weakest message."""

    id: int
    name: str
    email: str
    organization: str
    plan: str
    level: str

    @property
    def is_verified(self) -> bool:
        """Tell whether account facts may be looked up and shown."""
        return IdentityLevel(self.level).covers(IdentityLevel.MAIL_AUTHENTICATED)

    def values(self) -> JSONDict:
        """Give what expressions of procedures may read."""
        return {
            "name": self.name,
            "email": self.email,
            "organization": self.organization,
            "plan": self.plan,
            "verified": self.is_verified,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One public message of the episode."""

    sequence: int
    author: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One journalled step of the episode."""

    id: str
    run_id: int
    kind: str
    state: str
    input: JSONDict
    output: JSONDict
    rule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentContext:
    """Everything a decision may depend on. `turn` are the customer's messages that this run answers."""

    run_id: int
    person: Person
    said: tuple[Said, ...]
    turn: tuple[Said, ...]
    earlier: tuple[Step, ...]
    steps: tuple[Step, ...]
    settings: AgentSettings
    languages: tuple[str, ...]
    page: JSONDict = field(default_factory=dict)

    @property
    def text(self) -> str:
        """Give the turn's words."""
        return "\n".join(said.text for said in self.turn)

    @property
    def all_steps(self) -> tuple[Step, ...]:
        """Give the episode's journal, oldest first."""
        return self.earlier + self.steps

    def step(self, kind: str) -> Step | None:
        """Give this run's last step of a kind."""
        return next((step for step in reversed(self.steps) if step.kind == kind), None)

    @property
    def pending(self) -> Step | None:
        """Give the question that the turn may answer: the last thing that the earlier run did, if it asked."""
        done = [s for s in self.earlier if s.state == AgentStep.State.DONE and s.kind not in _SILENT]
        return done[-1] if done and done[-1].kind == AgentStep.Kind.ASK else None

    @property
    def customer_history(self) -> tuple[str, ...]:
        """Give what the customer said before this turn, oldest first."""
        first = self.turn[0].sequence if self.turn else 0
        return tuple(s.text for s in self.said if s.author == "customer" and s.sequence < first)


_SILENT = (AgentStep.Kind.UNDERSTAND, AgentStep.Kind.RETRIEVE)


def build_context(run: AgentRun, settings: AgentSettings) -> AgentContext:
    """Read a run's picture from the database; the same rows give the same picture."""
    messages = list(
        Message.objects.filter(
            ticket_id=run.ticket_id,
            episode=run.episode,
            kind=Message.Kind.PUBLIC,
            sequence__lte=run.input_sequence,
        )
        .prefetch_related("attachments")
        .order_by("sequence")
    )
    read_before = _read_before(run)
    turn = [m for m in messages if m.author == Message.Author.CUSTOMER and m.sequence > read_before]
    steps = _steps_of(run)
    return AgentContext(
        run_id=run.pk,
        person=_person(run.ticket.contact, turn),
        said=tuple(_said(m) for m in messages),
        turn=tuple(_said(m) for m in turn),
        earlier=tuple(_step(s) for s in steps if s.run_id != run.pk),
        steps=tuple(_step(s) for s in steps if s.run_id == run.pk),
        settings=settings,
        languages=tuple(run.ticket.brand.languages or ("en",)),
        page=next((m.page for m in reversed(turn) if m.page), {}),
    )


def _read_before(run: AgentRun) -> int:
    """Give the last sequence that an earlier run of the episode answered; a cancelled one answered nothing."""
    earlier = (
        AgentRun.objects.filter(ticket_id=run.ticket_id, episode=run.episode, pk__lt=run.pk)
        .exclude(state__in=(AgentRun.State.CANCELLED, AgentRun.State.FAILED))
        .order_by("-pk")
        .first()
    )
    return earlier.input_sequence if earlier else 0


def _steps_of(run: AgentRun) -> Iterable[AgentStep]:
    return AgentStep.objects.filter(
        run__ticket_id=run.ticket_id, run__episode=run.episode, run_id__lte=run.pk
    ).order_by("run_id", "index")


def _person(contact: Contact, turn: list[Message]) -> Person:
    levels = [IdentityLevel(m.identity_level or IdentityLevel.ANONYMOUS) for m in turn]
    level = min(levels, key=lambda found: found.rank, default=IdentityLevel.ANONYMOUS)
    return Person(
        id=contact.pk,
        name=contact.name,
        email=contact.email,
        organization=contact.organization.name if contact.organization else "",
        plan=contact.current_plan,
        level=level,
    )


def _said(message: Message) -> Said:
    readings = [a.reading for a in message.attachments.all() if a.reading]
    return Said(sequence=message.sequence, author=message.author, text="\n".join([message.body, *readings]).strip())


def _step(step: AgentStep) -> Step:
    values: dict[str, Any] = {"input": step.input, "output": step.output}
    return Step(id=str(step.public_id), run_id=step.run_id, kind=step.kind, state=step.state, rule=step.rule, **values)
