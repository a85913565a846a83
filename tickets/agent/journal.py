"""Write the journal: a step is stored before it is carried out and completed afterwards."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Max

from supportai.core.events import publish
from supportai.core.models import JSONDict
from tickets.agent.calls import ModelCall, faults_in_words, totals
from tickets.agent.guards.base import Refusal
from tickets.agent.policy import KINDS, Decision, to_json
from tickets.errors import LeaseLostError
from tickets.events import RunProgressed
from tickets.models import AgentRun, AgentStep
from tickets.services import runs


def write_fact(
    run: AgentRun,
    kind: str,
    *,
    given: JSONDict,
    output: JSONDict,
    story: str,
    confidence: float | None = None,
    duration_ms: int = 0,
    calls: Sequence[ModelCall] = (),
) -> AgentStep:
    """Store a step that is done as it is written: what was understood, found or resolved."""
    return _write(
        run,
        kind=kind,
        state=AgentStep.State.DONE,
        input=given,
        output=output,
        story=_told(story, calls),
        confidence=confidence,
        duration_ms=duration_ms,
        **totals(calls),
    )


def write_decision(run: AgentRun, decision: Decision, story: str, calls: Sequence[ModelCall] = ()) -> AgentStep:
    """Store a decision that is still to be carried out, with the model calls that led to it."""
    return _write(
        run,
        kind=KINDS[type(decision)],
        state=AgentStep.State.DECIDED,
        input=to_json(decision),
        story=_told(story, calls),
        confidence=decision.confidence,
        **totals(calls),
    )


@transaction.atomic
def write_refusal(
    run: AgentRun, decision: Decision, refusal: Refusal, story: str, calls: Sequence[ModelCall] = ()
) -> AgentStep:
    """Store a refused decision together with what happens instead; returns the latter."""
    _write(
        run,
        kind=KINDS[type(decision)],
        state=AgentStep.State.REFUSED,
        input=to_json(decision),
        story=_told(refusal.story, calls),
        rule=refusal.rule,
        confidence=decision.confidence,
        **totals(calls),
    )
    return write_decision(run, refusal.instead, story)


def complete(
    step: AgentStep,
    *,
    output: JSONDict,
    story: str = "",
    state: str = AgentStep.State.DONE,
    rule: str = "",
    duration_ms: int = 0,
) -> None:
    """Note what came of a step."""
    step.state, step.output, step.rule, step.duration_ms = state, output, rule, duration_ms
    step.story = story[:500] or step.story
    step.save(update_fields=["state", "output", "rule", "duration_ms", "story"])
    publish(RunProgressed(ticket_id=step.run.ticket_id, run_id=step.run_id))


def unfinished(run: AgentRun) -> AgentStep | None:
    """Give the decision that was journalled and not carried out yet."""
    return run.steps.filter(state=AgentStep.State.DECIDED).order_by("index").first()


def ending(run: AgentRun) -> AgentStep | None:
    """Give the carried-out step that ends a run which a crash left unfinished; carrying it out again only ends it."""
    kinds = (AgentStep.Kind.ANSWER, AgentStep.Kind.ASK, AgentStep.Kind.HAND_OFF)
    return run.steps.filter(kind__in=kinds, state=AgentStep.State.DONE).order_by("-index").first()


def _told(story: str, calls: Sequence[ModelCall]) -> str:
    """Add to a step's sentence which model failed and who went on."""
    faults = faults_in_words(calls)
    return f"{story[: 499 - len(faults)]} {faults}"[:500].strip() if faults else story[:500]


@transaction.atomic
def _write(run: AgentRun, **fields: object) -> AgentStep:
    """Add a step.

    Raises:
        LeaseLostError: the run is not this worker's any more; what it decided meanwhile is void.
    """
    AgentRun.objects.select_for_update(of=("self",), no_key=True).get(pk=run.pk)
    if not runs.is_current(run):
        raise LeaseLostError
    last = run.steps.aggregate(last=Max("index"))["last"] or 0
    step = AgentStep.objects.create(run=run, index=last + 1, **fields)
    publish(RunProgressed(ticket_id=run.ticket_id, run_id=run.pk))
    return step
