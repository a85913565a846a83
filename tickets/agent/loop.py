"""The loop around a policy: understands, searches, asks for a decision, validates it, carries it out.

It never trusts a decision. Everything is journalled before it happens, so that any worker goes on from the last
step after a crash; the lease keeps two workers apart.
"""

import os
import socket
import threading
import time
import uuid
from dataclasses import asdict, dataclass

import structlog
from django.db import connection

from integrations.models import ActionExecution
from supportai.core.crashpoints import crashpoint
from tickets.agent import confirmations, guards, journal
from tickets.agent.carry_out import call_id, carry_out
from tickets.agent.context import AgentContext, build_context
from tickets.agent.language import NOTICES, foreign_language
from tickets.agent.live import Screen, tell_working
from tickets.agent.policy import Answer, Decision, HandOff, Policy, Understanding, from_json
from tickets.agent.retrieval import retrieve
from tickets.agent.stories import story_of, story_of_search
from tickets.errors import LeaseLostError
from tickets.models import AgentRun, AgentStep, Handoff
from tickets.selectors_agent import AgentSettings, agent_settings
from tickets.services import handoff, lifecycle, runs

log = structlog.get_logger(__name__)

# A run that breaks this often is handed to a person instead of being tried again.
MAX_ATTEMPTS = 3
# Crashes of the whole process count as attempts too; beyond these the run itself is the likely cause.
MAX_CLAIMS = 6
# Of the seconds that a run may take, models may use this share; the rest is for the local policy and the actions.
MODEL_SHARE = 0.75
# An intent less likely than this does not move the ticket's priority.
LIKELY = 0.5


def lease_owner() -> str:
    """Name this worker thread; unique, so that an old thread never passes for a new one."""
    return f"{socket.gethostname()[:20]}:{os.getpid()}:{threading.get_ident() % 100_000}:{uuid.uuid4().hex[:8]}"


def run_agent(run_id: int) -> AgentRun.State | None:
    """Work on a run to its end; None when another worker has it or it is over."""
    run = runs.claim_run(run_id=run_id, owner=lease_owner())
    if run is None:
        return None
    crashpoint("run.claimed")
    if run.attempts > MAX_CLAIMS:
        return _give_up(run, "It ended its worker again and again.")
    try:
        screen, settings = Screen(run), agent_settings()
        return AgentLoop(run, choose_policy(screen, settings), settings, screen).work()
    except LeaseLostError:
        return None
    except Exception as exc:  # whatever breaks, the customer must get a reply
        log.exception("run.broke", run_id=run.pk, attempt=run.attempts)
        _drop_dead_connection()
        return _after_break(run, exc)


def choose_policy(screen: Screen, settings: AgentSettings) -> Policy:
    """Give the policy that decides: the LLM policy when a model provider is configured, else the local one."""
    from integrations.services.generators import active_providers
    from tickets.agent.policies.failover import FailoverPolicy
    from tickets.agent.policies.local import LocalPolicy

    providers = active_providers()
    if not providers:
        return LocalPolicy()
    return FailoverPolicy(providers, screen, most_seconds=MODEL_SHARE * settings.max_seconds)


def _drop_dead_connection() -> None:
    """Let what is written next have a live connection, when the one that just broke is what broke the run.

    Else the run could not be given back, and the customer would wait for the end of its lease.
    """
    if not connection.in_atomic_block and not connection.is_usable():
        connection.close()


def _after_break(run: AgentRun, exc: Exception) -> AgentRun.State | None:
    """Queue a broken run again, or hand it to a person after the last attempt."""
    error = f"{type(exc).__name__}: {exc}"
    if run.attempts < MAX_ATTEMPTS:
        runs.requeue_run(run, error=error)
        return None
    return _give_up(run, error)


def _give_up(run: AgentRun, error: str) -> AgentRun.State:
    """Hand a broken run to a person; when even that breaks, end it as failed, which staff see."""
    try:
        handoff.hand_off(run=run, reason=Handoff.Reason.TOOL_FAILURE, why=f"The AI agent broke: {error[:200]}")
        state = AgentRun.State.HANDED_OFF
    except Exception:  # even a broken hand-off must end the run, or it is tried for ever
        log.exception("run.hand_off_broke", run_id=run.pk)
        state = AgentRun.State.FAILED
    runs.finish_run(run, state, error=error)
    return state


@dataclass(slots=True)
class AgentLoop:
    """One attempt at one run."""

    run: AgentRun
    policy: Policy
    settings: AgentSettings
    screen: Screen

    def work(self) -> AgentRun.State | None:
        """Take steps until one ends the run; None when the lease was lost, since then it is not ours any more."""
        started = time.monotonic()
        self.run.policy = self.policy.name
        self.run.versions = {"settings": self.settings.version, **self.policy.versions()}
        while runs.keep_lease(self.run):
            # Read anew at each step: a switch or stage that a lead changes holds within seconds.
            self.settings = agent_settings()
            context = build_context(self.run, self.settings)
            step = (
                self._unfinished(context)
                or journal.ending(self.run)
                or self._next_step(context, time.monotonic() - started)
            )
            if step is None:
                continue
            crashpoint("step.journalled")
            state = carry_out(self.run, step, context)
            if state is not None:
                crashpoint("run.before_finish")
                self.run.confidence = step.confidence
                runs.finish_run(self.run, state)
                return state
        return None

    def _unfinished(self, context: AgentContext) -> AgentStep | None:
        """Give the journalled decision to carry out; an action not yet sent is held to today's switches and stages."""
        step = journal.unfinished(self.run)
        if step is None or step.kind != AgentStep.Kind.ACT or step.output.get("execution"):
            return step
        if ActionExecution.objects.filter(caller=call_id(self.run, step)).exists():
            return step
        act = from_json(step.input)
        outcome = self._switched_off() or guards.hold_to_stage(act, context)
        if not isinstance(outcome, guards.Refusal):
            return step
        journal.complete(step, state=AgentStep.State.REFUSED, rule=outcome.rule, output={}, story=outcome.story)
        return journal.write_decision(self.run, outcome.instead, story_of(outcome.instead))

    def _switched_off(self) -> guards.Refusal | None:
        if self.settings.is_on:
            return None
        instead = HandOff(reason=Handoff.Reason.POLICY, why="The AI agent is switched off.")
        return guards.Refusal(rule="switched_off", story="Stopped: the AI agent is switched off.", instead=instead)

    def _next_step(self, context: AgentContext, seconds: float) -> AgentStep | None:
        """Journal what comes next: a fact (then None, and the picture is taken anew) or a decision."""
        understood = context.step(AgentStep.Kind.UNDERSTAND)
        refusal = self._refuse_turn(context, seconds)
        if refusal is not None:
            return journal.write_decision(self.run, refusal, story_of(refusal))
        if understood is None:
            self._understand(context)
            return None
        if understood.input.get("needs_knowledge") and context.step(AgentStep.Kind.RETRIEVE) is None:
            self._retrieve(context)
            return None
        # Carried out by the next pass, so that an action meets the switches and stages of that moment.
        self._decide(context)
        return None

    def _refuse_turn(self, context: AgentContext, seconds: float) -> Decision | None:
        """Hand off at once what the AI agent may not or cannot work on."""
        off = self._switched_off()
        if off is not None:
            return off.instead
        if len(context.steps) >= self.settings.max_steps or seconds > self.settings.max_seconds:
            return HandOff(reason=Handoff.Reason.REPEATED_FAILURE, why="The run reached its limit of steps or time.")
        if context.steps:
            return None
        language = foreign_language(context.text, context.languages)
        if language:
            return HandOff(
                reason=Handoff.Reason.POLICY,
                notice=NOTICES[language],
                why=f"The customer writes in a language ({language}) that this brand does not answer in.",
            )
        return None

    def _understand(self, context: AgentContext) -> None:
        began = time.monotonic()
        with runs.lease_kept(self.run):
            understood = confirmations.only_real_answers(self.policy.understand(context), context)
        self._classify(understood)
        journal.write_fact(
            self.run,
            AgentStep.Kind.UNDERSTAND,
            given=asdict(understood),
            output={"text": context.text},
            story=understood.story,
            confidence=understood.probability,
            duration_ms=_ms_since(began),
            calls=self.policy.take_calls(),
        )

    def _classify(self, understood: Understanding) -> None:
        """Note the intent on run and ticket; thanks and answers to a question change nothing about it."""
        self.run.intent = understood.intent
        self.run.procedure = understood.starts
        intent = self.settings.intent(understood.intent)
        if intent and understood.act in {"request", "human_request", "small_talk"}:
            ticket = self.run.ticket
            keeps_topic = intent.slug == "human_request" and ticket.team_id
            lifecycle.classify(
                ticket_id=ticket.pk,
                intent=intent.slug,
                team_id=None if keeps_topic else intent.team_id,
                priority=intent.priority if understood.probability >= LIKELY else "",
            )

    def _retrieve(self, context: AgentContext) -> None:
        tell_working(self.run, "Searching the help center")
        began = time.monotonic()
        with runs.lease_kept(self.run):
            found = retrieve(context)
        journal.write_fact(
            self.run,
            AgentStep.Kind.RETRIEVE,
            given={"query": context.text, "history": list(context.customer_history)},
            output=found,
            story=story_of_search(found),
            confidence=found["probability"],
            duration_ms=_ms_since(began),
        )

    def _decide(self, context: AgentContext) -> None:
        try:
            with runs.lease_kept(self.run):
                decision = self.policy.decide(context)
            outcome = guards.check(decision, context)
            self._write(decision, outcome)
        except BaseException:  # whatever ended it, half an answer must leave the screen; it is raised again
            self.screen.clear()
            raise

    def _write(self, decision: Decision, outcome: Decision | guards.Refusal) -> None:
        """Journal a decision or its refusal; what was shown of it stays only when it will be said."""
        if not (isinstance(outcome, Answer) and outcome.shown):
            self.screen.clear()
        calls = self.policy.take_calls()
        if isinstance(outcome, guards.Refusal):
            journal.write_refusal(self.run, decision, outcome, story_of(outcome.instead), calls)
        else:
            journal.write_decision(self.run, outcome, story_of(outcome), calls)


def _ms_since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
