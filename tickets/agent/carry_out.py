"""Carry out a journalled decision; each kind is safe to do twice, since a crash may come at any point."""

import time

from django.db import transaction

from integrations.actions import Risk
from integrations.errors import ActionRefusedError
from integrations.models import ActionExecution
from integrations.services.executions import ActionCall, execute, spec_of
from supportai.core.actors import AI_AGENT
from supportai.core.crashpoints import crashpoint
from supportai.core.ids import stable_id
from supportai.core.models import JSONDict
from tickets.agent import journal
from tickets.agent.context import AgentContext
from tickets.agent.guards.stages import stage_of
from tickets.agent.live import drop_stream, stream_sentences, tell_working
from tickets.agent.policy import Act, Answer, Ask, HandOff, Resolve, Sentence, from_json
from tickets.agent.stories import story_of_call, working_text
from tickets.errors import LeaseLostError, TicketAlreadyResolvedError
from tickets.models import AgentRun, AgentStep, Stage, Ticket
from tickets.services import handoff, lifecycle, messages, runs
from tickets.services.messages import AgentMessage, Source

State = AgentRun.State
FENCE = "```"


def carry_out(run: AgentRun, step: AgentStep, context: AgentContext) -> AgentRun.State | None:
    """Do what a step decided; the state that ends the run, or None when it goes on."""
    match from_json(step.input):
        case Act() as act:
            return _act(run, step, act, context)
        case Answer() as answer:
            return _answer(run, step, answer)
        case Ask() as ask:
            return _ask(run, step, ask)
        case HandOff() as decision:
            return _hand_off(run, step, decision)
        case Resolve() as decision:
            return _resolve(run, step, decision.ledger)


def _act(run: AgentRun, step: AgentStep, act: Act, context: AgentContext) -> AgentRun.State | None:
    tell_working(run, working_text(act.capability))
    began = time.monotonic()
    crashpoint("act.before")
    if not runs.keep_lease(run):
        raise LeaseLostError
    try:
        execution = execute(_call(run, step, act, context))
    except ActionRefusedError as refusal:
        journal.complete(
            step,
            state=AgentStep.State.REFUSED,
            rule=refusal.rule,
            output={"refused": refusal.message},
            story=f"Did not call {act.capability}: {refusal.message}",
        )
        return None
    output = _outcome(execution)
    duration = round((time.monotonic() - began) * 1000)
    if execution.state == ActionExecution.State.PLANNED:
        return _await_approval(run, step, output, execution)
    if execution.state in {ActionExecution.State.SENT, ActionExecution.State.APPROVED}:
        # Another worker is in the middle of this very call; the sweep settles it and finds the run by the step's output.
        step.output = output
        step.save(update_fields=["output"])
        return State.WAITING_EXTERNAL
    journal.complete(step, output=output, story=story_of_call(execution.action, output), duration_ms=duration)
    crashpoint("act.recorded")
    return None


def _call(run: AgentRun, step: AgentStep, act: Act, context: AgentContext) -> ActionCall:
    # A look-up is made anew in each run, a write once an episode and confirmation.
    spec = spec_of(act.capability)
    is_read = spec is not None and spec.risk == Risk.READ
    episode = f"ticket:{run.ticket.public_id}:{run.episode}"
    return ActionCall(
        capability=act.capability,
        arguments=act.arguments,
        contact_id=context.person.id,
        identity_level=context.person.level,
        episode=f"{episode}:{step.public_id}" if is_read else episode,
        confirmation=act.confirmation,
        caller=call_id(run, step),
        actor=AI_AGENT,
        stage_needs_approval=not is_read and stage_of(context, act.procedure) == Stage.Level.APPROVAL,
    )


def call_id(run: AgentRun, step: AgentStep) -> str:
    """Name the step that makes a call, as its execution stores it."""
    return f"run:{run.public_id}:{step.index}"


def _outcome(execution: ActionExecution) -> JSONDict:
    return {
        "state": execution.state,
        "action": execution.action,
        "risk": execution.risk,
        "execution": str(execution.public_id),
        "result": execution.result,
        "error": execution.error,
    }


def _await_approval(
    run: AgentRun, step: AgentStep, output: JSONDict, execution: ActionExecution
) -> AgentRun.State | None:
    """Tell the customer that a person checks it; the step stays decided and is carried out after the decision."""
    step.output, step.story = output, story_of_call(execution.action, output)
    step.save(update_fields=["output", "story"])
    posted = messages.post_agent_message(
        run=run,
        message=AgentMessage(
            client_id=stable_id(step.public_id, "waiting"),
            body="Thank you. A person on our team checks this first. Nothing has been done yet; you will hear here.",
        ),
    )
    return State.WAITING_APPROVAL if posted else State.CANCELLED


def _answer(run: AgentRun, step: AgentStep, answer: Answer) -> AgentRun.State | None:
    crashpoint("answer.before_post")
    if step.state != AgentStep.State.DONE:
        stream_sentences(run, [sentence.text for sentence in answer.sentences], after=answer.shown)
    posted = messages.post_agent_message(
        run=run,
        message=AgentMessage(
            client_id=step.public_id,
            body=body_of(answer),
            sources=_sources(answer),
            quick_replies=answer.quick_replies,
            card=answer.card,
        ),
    )
    if posted is None:
        return _dropped(run, step)
    crashpoint("answer.posted")
    journal.complete(step, output={"message": str(posted.public_id), "sequence": posted.sequence})
    if answer.ledger:
        return _resolve(run, step, answer.ledger)
    return State.COMPLETED if answer.is_final else State.WAITING_CUSTOMER


def _ask(run: AgentRun, step: AgentStep, ask: Ask) -> AgentRun.State | None:
    posted = messages.post_agent_message(
        run=run,
        message=AgentMessage(client_id=step.public_id, body=ask.text, quick_replies=ask.quick_replies, card=ask.card),
    )
    if posted is None:
        return _dropped(run, step)
    journal.complete(step, output={"message": str(posted.public_id), "sequence": posted.sequence})
    return State.WAITING_CUSTOMER


def _dropped(run: AgentRun, step: AgentStep) -> AgentRun.State:
    drop_stream(run)
    journal.complete(
        step, state=AgentStep.State.REFUSED, rule="person_has_taken_over", output={},
        story="Dropped its text because a person had taken over.",
    )  # fmt: skip
    return State.CANCELLED


def _hand_off(run: AgentRun, step: AgentStep, decision: HandOff) -> AgentRun.State:
    made = handoff.hand_off(
        run=run,
        reason=decision.reason,
        notice=decision.notice,
        draft=decision.draft,
        next_step=decision.next_step,
        why=decision.why,
    )
    journal.complete(step, output={"handoff": str(made.public_id) if made else ""})
    return State.HANDED_OFF if made else State.CANCELLED


def _resolve(run: AgentRun, step: AgentStep, ledger: str) -> AgentRun.State:
    crashpoint("resolve.before")
    is_ours = _close_ticket(run, ledger)
    story = f"Resolved the ticket: {Ticket.Ledger(ledger).label.lower()}." if is_ours else ""
    if step.kind == AgentStep.Kind.RESOLVE:
        journal.complete(step, output={"resolved": is_ours}, story=story)
    elif is_ours:
        given, output = {"ledger": ledger}, {"after_step": step.index}
        journal.write_fact(run, AgentStep.Kind.RESOLVE, given=given, output=output, story=story)
    return State.COMPLETED


@transaction.atomic
def _close_ticket(run: AgentRun, ledger: str) -> bool:
    """Resolve the run's ticket, unless a person took over or the customer wrote what the run has not read."""
    ticket = messages.lock_ticket(run.ticket_id)
    if ticket.is_with_person or ticket.episode != run.episode or runs.has_newer_message(run):
        return False
    try:
        lifecycle.resolve_ticket(ticket_id=run.ticket_id, actor=AI_AGENT, ledger=ledger)
    except TicketAlreadyResolvedError:
        return False
    return True


def body_of(answer: Answer) -> str:
    """Write an answer as a message: entries of a list one a line, a citation mark where a source's words end.

    Code stands between lines of ``` of its own; inside an entry it is indented, so that the list goes on after it.
    """
    lines: list[str] = []
    number = 0
    before: Sentence | None = None
    for index, sentence in enumerate(answer.sentences):
        number = number + 1 if sentence.is_step else 0
        listed = f"{number}." if sentence.is_step else sentence.mark
        text = _laid_out(f"{listed} {sentence.text}".strip(), _mark(answer, index), is_listed=_is_listed(sentence))
        if before is None or (_is_listed(sentence) and _is_listed(before)):
            lines.append(text)
        elif (
            not _is_listed(sentence) and not _is_listed(before) and answer.is_factual and not _is_code(sentence, before)
        ):
            lines[-1] += f" {text}"
        else:
            lines.append(f"\n{text}")
        before = sentence
    return "\n".join(lines)


def _laid_out(text: str, mark: str, *, is_listed: bool) -> str:
    """Put the mark after a text, or under the code that the text ends with; a fence must have its line alone."""
    ends_with_code = text.endswith(FENCE)
    whole = f"{text}\n{mark.strip()}" if ends_with_code and mark else text + mark
    if not is_listed or FENCE not in text:
        return whole
    lines = whole.split("\n")
    first = next(number for number, line in enumerate(lines) if FENCE in line)
    return "\n".join([*lines[: max(first, 1)], *(f"   {line}".rstrip() for line in lines[max(first, 1) :])])


def _is_code(*sentences: Sentence) -> bool:
    return any(sentence.text.startswith(FENCE) for sentence in sentences)


def _is_listed(sentence: Sentence) -> bool:
    return sentence.is_step or bool(sentence.mark)


def _mark(answer: Answer, index: int) -> str:
    sentence: Sentence = answer.sentences[index]
    following = answer.sentences[index + 1] if index + 1 < len(answer.sentences) else None
    if sentence.source is None or (following is not None and following.source == sentence.source):
        return ""
    return f" [{sentence.source + 1}]"


def _sources(answer: Answer) -> list[Source]:
    return [
        Source(
            number=number,
            title=cited.title,
            quote=cited.quote,
            revision_id=cited.revision_id,
            article_slug=cited.article_slug,
            start=cited.start,
            end=cited.end,
        )
        for number, cited in enumerate(answer.sources, start=1)
    ]
