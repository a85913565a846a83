"""Play one scenario: its turns through the same services as the widget, then judge."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction

from accounts.models import User
from accounts.permissions import can_approve_action
from accounts.services.staff import invite_staff
from integrations.models import Approval
from integrations.services import approvals
from integrations.services.sandbox import OFFSET, UNITS
from supportai.core import clock
from supportai.core.errors import DomainError, NotAllowedError
from supportai.core.events import dispatch_waiting
from supportai.core.models import JSONDict
from supportai.core.sweeps import run_sweeps
from supportai.simulation.always import check_always
from supportai.simulation.form import as_list
from supportai.simulation.judge import judge, made_calls, outcome_of, reached
from supportai.simulation.world import World, build_world
from tickets.models import AgentRun, Message, Ticket
from tickets.selectors_agent import agent_settings
from tickets.services import lifecycle, messages
from tickets.tasks import work_on_run

DRAIN_ROUNDS = 30
# Turns of others than the customer, and of the clock.
OTHERS = frozenset({"approve", "deny", "takeover", "return_to_ai", "wait_for"})
ROLES = {"agent": User.Role.AGENT, "lead": User.Role.LEAD, "admin": User.Role.ADMIN}


@dataclass(slots=True)
class Play:
    """One scenario while it is played."""

    data: JSONDict
    world: World
    failures: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    held: list[JSONDict] = field(default_factory=list)
    ticket_id: int | None = None

    @property
    def ticket(self) -> Ticket | None:
        """Give the conversation as it stands."""
        rows = Ticket.objects.select_related("contact__organization", "team")
        return rows.get(pk=self.ticket_id) if self.ticket_id else None

    def turn(self, turn: JSONDict) -> None:
        """Play one turn, unless its conditions skip it."""
        if self._is_skipped(turn):
            return
        if "say" in turn and turn.get("wait") is False and "takeover" not in turn:
            self.held.append(turn)
            return
        done = [*self.held, turn]
        self._act(turn)
        self._check(done)

    def flush(self) -> None:
        """Send what was held back for a turn that never came."""
        if self.held:
            done = list(self.held)
            self._say([])
            self._check(done)

    def _check(self, turns: Sequence[JSONDict]) -> None:
        drain()
        for turn in turns:
            for failure in judge(turn.get("expect", {}), self.ticket):
                self.failures.append(f"turn {turn.get('say', '')!r}: {failure}")

    def _is_skipped(self, turn: JSONDict) -> bool:
        if "when" in turn and outcome_of(self.ticket) not in as_list(turn["when"]):
            return True
        unless = turn.get("unless_called")
        if unless is None:
            return False
        action, arguments = (unless, None) if isinstance(unless, str) else (unless["action"], unless.get("arguments"))
        waits = Approval.objects.filter(state=Approval.State.PENDING, execution__action=action).exists()
        return bool(reached(action, arguments)) or waits

    def _act(self, turn: JSONDict) -> None:
        if turn.get("attach"):
            self.failures.append("not supported yet: attach")
        if not OTHERS & set(turn):
            self._say([turn])
        elif "wait_for" in turn:
            self.flush()
            self._wait(str(turn["wait_for"]))
        else:
            self._let_staff(turn)

    def _let_staff(self, turn: JSONDict) -> None:
        """Let staff decide, take over or return; what the customer sent at once before is in the same moment."""
        held, self.held = self.held, []
        try:
            with transaction.atomic():
                for burst in held:
                    self._post(str(burst.get("say", "")))
                if "approve" in turn or "deny" in turn:
                    self._decide(turn)
                elif "takeover" in turn:
                    self._take_over(turn)
                elif turn.get("return_to_ai") and self.ticket_id:
                    lifecycle.return_to_ai(ticket_id=self.ticket_id, user_id=_user("agent").pk)
        except DomainError as exc:
            self.refused.append(exc.code)

    def _say(self, turns: list[JSONDict]) -> None:
        """Post the held turns and these in one transaction, so that they arrive as one burst."""
        burst, self.held = [*self.held, *turns], []
        before = self.ticket
        with_person = bool(before and before.is_with_person and not before.is_resolved)
        posted: list[Message] = []
        with transaction.atomic():
            for turn in burst:
                posted += self._post(str(turn.get("say", "")))
        drain()
        if posted and not with_person and not self._was_answered(posted[-1]):
            self.failures.append(f"no reply to {posted[-1].body[:80]!r}")

    def _post(self, text: str) -> list[Message]:
        ticket = self.ticket
        try:
            message = messages.post_customer_message(
                contact_id=self.world.contact.pk,
                brand_id=self.world.brand.pk,
                ticket_public_id=ticket.public_id if ticket else None,
                client_id=uuid4(),
                text=text,
                identity_level=self.world.level,
                page=self.world.page,
            )
        except DomainError as exc:
            self.refused.append(exc.code)
            return []
        self.ticket_id = message.ticket_id
        return [message]

    def _was_answered(self, message: Message) -> bool:
        return Message.objects.filter(
            ticket_id=message.ticket_id,
            sequence__gt=message.sequence,
            author__in=(Message.Author.AI_AGENT, Message.Author.AGENT),
            kind=Message.Kind.PUBLIC,
        ).exists()

    def _decide(self, turn: JSONDict) -> None:
        action = turn.get("approve") or turn.get("deny")
        waiting = Approval.objects.filter(state=Approval.State.PENDING, execution__action=action).first()
        if waiting is None:
            self.failures.append(f"no approval waits for {action}")
            return
        user = _user(str(turn.get("by", "lead")))
        execution = waiting.execution
        if not can_approve_action(user, amount_cents=execution.amount_cents, risk=execution.risk):
            raise NotAllowedError("This amount is for somebody else to approve.")
        if "approve" in turn:
            approvals.approve(approval_id=waiting.pk, user_id=user.pk)
        else:
            approvals.deny(approval_id=waiting.pk, user_id=user.pk, why=str(turn.get("why", "")))

    def _take_over(self, turn: JSONDict) -> None:
        if self.ticket_id is None:
            return
        user = _user(str(turn["takeover"]))
        lifecycle.take_over(ticket_id=self.ticket_id, user_id=user.pk)
        if turn.get("say"):
            messages.post_staff_reply(
                ticket_id=self.ticket_id, user_id=user.pk, client_id=uuid4(), text=str(turn["say"])
            )

    def _wait(self, text: str) -> None:
        match = OFFSET.fullmatch(text)
        if match is None:
            self.failures.append(f"wait_for: {text!r} is no time; write 2h or 40m")
            return
        clock.advance(timedelta(**{UNITS[match[3]]: int(match[2])}))
        run_sweeps()


def drain() -> None:
    """Work until nothing is queued; in a child, tasks run where they are enqueued."""
    for _ in range(DRAIN_ROUNDS):
        dispatch_waiting()
        queued = list(AgentRun.objects.filter(state=AgentRun.State.QUEUED).values_list("pk", flat=True))
        for run_id in queued:
            work_on_run(run_id)
        if not queued:
            return


def play(data: JSONDict) -> JSONDict:
    """Play a scenario in this process's database; returns its entry of the report."""
    started = time.monotonic()
    with clock.moved(timedelta()):
        try:
            game = Play(data=data, world=build_world(data))
        except (DomainError, ValueError, KeyError, TypeError) as exc:
            return _entry(None, [f"the scenario cannot be set up: {exc}"], started)
        for turn in data["turns"]:
            game.turn(turn)
        game.flush()
        _let_time_pass()
        failures = [*game.failures, *judge(data.get("expect", {}), game.ticket)]
        failures += check_always(game.ticket, game.world.contact)
        return _entry(game.ticket, failures, started)


def _let_time_pass() -> None:
    """Move past the silence window; approvals would run out too, so only silence is acted on."""
    silence = agent_settings().silence
    clock.advance(silence + timedelta(minutes=5))
    lifecycle.resolve_silent(silence=silence)


def _user(who: str) -> User:
    """Give the member of staff of that name, whose role is the name without its number: lead, lead2, agent."""
    role = ROLES.get(who.rstrip("0123456789"), User.Role.AGENT)
    email = f"{who}@staff.example"
    return User.objects.filter(email=email).first() or invite_staff(email=email, name=who.capitalize(), role=role)


def _entry(ticket: Ticket | None, failures: list[str], started: float) -> JSONDict:
    calls: list[Any] = [{"action": c.action, "arguments": c.arguments, "state": c.state} for c in made_calls()]
    replies = (
        list(ticket.messages.filter(author=Message.Author.AI_AGENT).order_by("sequence").values_list("body", flat=True))
        if ticket
        else []
    )
    return {
        "passed": not failures,
        "failures": failures,
        "outcome": outcome_of(ticket),
        "seconds": round(time.monotonic() - started, 2),
        "calls": calls,
        "replies": replies,
    }
