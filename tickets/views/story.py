"""What the AI agent did, as a story: titles, sentences, exact calls and passages, from the journal's rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from knowledge.markdown import to_plain
from supportai.core.models import JSONDict
from tickets.agent.calls import call_in_words, dollars
from tickets.agent.stories import act_done, reason_in_words
from tickets.models import AgentConfiguration, AgentRun, AgentStep, Handoff
from tickets.views.words import (
    Confidence,
    Word,
    act_in_words,
    confidence,
    confidence_word,
    in_seconds,
    rule_in_words,
)

Mark = Literal["", "proven", "failed", "refused", "waiting"]
MAX_CALL_LINES = 60
MAX_PASSAGE = 300
TITLES = {
    AgentStep.Kind.RETRIEVE: "Searched the help center",
    AgentStep.Kind.UNDERSTAND: "Understood",
    AgentStep.Kind.ASK: "Asked the customer",
    AgentStep.Kind.ANSWER: "Answered",
    AgentStep.Kind.RESOLVE: "Resolved",
    AgentStep.Kind.HAND_OFF: "Handed off",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Considered:
    """A passage that was found, whether or not the answer used it."""

    title: str
    heading: str
    slug: str
    score: str
    text: str
    is_used: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryStep:
    """One entry of the journal for people; `call` is shown on demand."""

    id: str
    title: str
    text: str
    at: datetime
    mark: Mark
    rule: str
    call: str
    call_label: str
    passages: tuple[Considered, ...]
    word: Word | None
    refused_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One run: what followed one turn of the customer."""

    run: AgentRun
    steps: tuple[StoryStep, ...]
    seconds: float | None
    is_active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """All runs on a ticket; `earlier` are those before the last episode's."""

    turns: tuple[Turn, ...]
    earlier: tuple[Turn, ...]
    summary: str
    confidence: Confidence | None
    ending: str
    decided_by: str
    versions: str


def story_of_ticket(runs: Sequence[AgentRun], settings: AgentConfiguration) -> Story | None:
    """Tell the runs of a ticket (with steps, oldest first); None before the first one."""
    if not runs:
        return None
    last = runs[-1]
    turns = tuple(turn_of(run) for run in runs if run.episode == last.episode)
    return Story(
        turns=turns,
        earlier=tuple(turn_of(run) for run in runs if run.episode != last.episode),
        summary=_summary(turns),
        confidence=_confidence(last, settings),
        ending=_ending(last),
        decided_by=_decided_by([turn.run for turn in turns]),
        versions=_versions(last),
    )


def turn_of(run: AgentRun) -> Turn:
    """Tell one run."""
    steps = list(run.steps.all())
    return Turn(
        run=run,
        steps=tuple(step_of(step) for step in steps),
        seconds=_worked_seconds(run, steps),
        is_active=run.state in AgentRun.ACTIVE,
    )


def _worked_seconds(run: AgentRun, steps: Sequence[AgentStep]) -> float | None:
    """Measure from the start to the last step; a run may stay open long after that, waiting for somebody."""
    if run.started_at is None or not steps:
        return None
    ended = max(step.created_at + timedelta(milliseconds=step.duration_ms) for step in steps)
    return max(0.0, (ended - run.started_at).total_seconds())


def step_of(step: AgentStep) -> StoryStep:
    """Tell one step."""
    is_call = step.kind == AgentStep.Kind.ACT
    return StoryStep(
        id=str(step.public_id),
        title=_title(step),
        text=step.story,
        at=step.created_at,
        mark=_mark(step),
        rule=rule_in_words(step.rule) if step.rule else "",
        call=exact_call(step) if is_call else "\n".join([*_details(step), *_models(step)]),
        call_label="Exact call and result" if is_call else "Details",
        passages=_passages(step) if step.kind == AgentStep.Kind.RETRIEVE else (),
        word=confidence_word(step.confidence) if _has_confidence(step) else None,
        refused_text=_refused_text(step),
    )


def _title(step: AgentStep) -> str:
    capability = str(step.input.get("capability", ""))
    if step.state == AgentStep.State.REFUSED:
        return f"Refused: {act_in_words(capability)}" if capability else "Refused its own text"
    if step.kind != AgentStep.Kind.ACT:
        return TITLES[AgentStep.Kind(step.kind)]
    endings = {"failed": "Tried: ", "unknown": "Tried: ", "planned": "Waits for a person: "}
    prefix = endings.get(str(step.output.get("state", "")))
    if prefix or step.state == AgentStep.State.DECIDED:
        return f"{prefix or 'Calling: '}{act_in_words(capability)}"
    return act_done(capability)


def _mark(step: AgentStep) -> Mark:
    if step.state == AgentStep.State.REFUSED:
        return "refused"
    if step.kind != AgentStep.Kind.ACT:
        return ""
    marks: dict[str, Mark] = {
        "succeeded": "proven",
        "compensated": "proven",
        "failed": "failed",
        "unknown": "failed",
        "planned": "waiting",
    }
    return marks.get(str(step.output.get("state", "")), "")


def _has_confidence(step: AgentStep) -> bool:
    kinds = {AgentStep.Kind.UNDERSTAND, AgentStep.Kind.RETRIEVE}
    return step.kind in kinds and step.confidence is not None


def _refused_text(step: AgentStep) -> str:
    """Give the words that a guard stopped, so that staff can judge the guard."""
    if step.state != AgentStep.State.REFUSED:
        return ""
    sentences = step.input.get("sentences") or ()
    said = " ".join(str(sentence.get("text", "")) for sentence in sentences)
    return said or str(step.input.get("text", ""))


def exact_call(step: AgentStep) -> str:
    """Write a call with its arguments and its result, one value a line."""
    name = step.output.get("action") or step.input.get("capability", "")
    risk = step.output.get("risk", "")
    lines = [f"{name}()" + (f"  {risk}" if risk else "")]
    lines += [f"  {line}" for line in flat(step.input.get("arguments") or {})] or ["  no arguments"]
    lines.append("  contact: bound by the platform")
    if step.input.get("confirmation"):
        lines.append("  confirmed by the customer")
    lines += _result_lines(step.output)
    took = f"took {step.duration_ms} ms" if step.duration_ms else ""
    execution = str(step.output.get("execution", ""))
    ids = f"execution {execution[:8]}" if execution else ""
    return "\n".join([*lines, *(part for part in (" · ".join(p for p in (took, ids) if p),) if part)])


def _result_lines(output: JSONDict) -> list[str]:
    if output.get("refused"):
        return [f"not called: {output['refused']}"]
    lines = [f"{'  ' if number else '→ '}{line}" for number, line in enumerate(flat(output.get("result") or {}))]
    if output.get("error"):
        lines.append(f"→ error: {output['error']}")
    return lines or ["→ nothing yet"]


def flat(value: Any, indent: int = 0) -> Iterator[str]:
    """Write nested values as `name: value` lines, at most 60, deeper ones indented."""
    for number, line in enumerate(_flat(value, indent)):
        if number == MAX_CALL_LINES:
            yield "…"
            return
        yield line


def _flat(value: Any, indent: int) -> Iterator[str]:
    space = "  " * indent
    pairs = value.items() if isinstance(value, dict) else ((f"{i}.", item) for i, item in enumerate(value, 1))
    for name, item in pairs:
        if isinstance(item, dict | list) and item:
            yield f"{space}{name}:" if isinstance(value, dict) else f"{space}{name}"
            yield from _flat(item, indent + 1)
        else:
            yield f"{space}{name}: {_scalar(item)}" if isinstance(value, dict) else f"{space}- {_scalar(item)}"


def _scalar(value: Any) -> str:
    if value is None or value in ({}, []):
        return "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _details(step: AgentStep) -> list[str]:
    """Give what an understanding was made of; other steps say it all in their sentence."""
    if step.kind != AgentStep.Kind.UNDERSTAND:
        return []
    given = step.input
    lines = [f"act: {given.get('act', '')}"]
    lines += [f"{name}: {given[name]}" for name in ("intent", "starts") if given.get(name)]
    others = [str(name) for name, _probability in (given.get("alternatives") or ())[:3]]
    lines += [f"also possible: {', '.join(others)}"] if others else []
    read = {**(given.get("slots") or {}), **(given.get("reply") or {})}
    lines += [f"read: {line}" for line in flat({name: value for name, value in read.items() if value})]
    return lines


def _models(step: AgentStep) -> list[str]:
    """List the models that were asked for a step, with what they took and why one was passed over."""
    return [f"model: {call_in_words(call)}" for call in step.calls]


def _passages(step: AgentStep) -> tuple[Considered, ...]:
    used = {sentence.get("revision_id") for sentence in step.output.get("sentences", ())}
    return tuple(
        Considered(
            title=str(passage.get("title", "")),
            heading=str(passage.get("heading", "")),
            slug=str(passage.get("slug", "")),
            score=f"{float(passage.get('score', 0)):.3f}",
            text=_opening(to_plain(str(passage.get("text", "")))),
            is_used=passage.get("revision_id") in used,
        )
        for passage in step.output.get("passages", ())
    )


def _opening(text: str) -> str:
    return text if len(text) <= MAX_PASSAGE else f"{text[:MAX_PASSAGE].rstrip()}…"


def _summary(turns: Sequence[Turn]) -> str:
    count = sum(len(turn.steps) for turn in turns)
    parts = [_counted(len(turns), "turn"), _counted(count, "step")]
    seconds = [turn.seconds for turn in turns if turn.seconds is not None]
    if seconds:
        parts.append(f"{in_seconds(sum(seconds))} of work")
    return ", ".join(parts)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _confidence(run: AgentRun, settings: AgentConfiguration) -> Confidence | None:
    """Show how well the run's answer was supported, when it searched for one; else how sure it was of the intent."""
    searched = next((s for s in reversed(run.steps.all()) if s.kind == AgentStep.Kind.RETRIEVE), None)
    understood = next((s for s in reversed(run.steps.all()) if s.kind == AgentStep.Kind.UNDERSTAND), None)
    step, threshold, what = (
        (searched, settings.answer_threshold, "answers")
        if searched and searched.confidence is not None
        else (understood, settings.act_threshold, "acts")
    )
    if step is None or step.confidence is None:
        return None
    tenths = round(threshold * 10)
    rule = f"The line is where it {what} by itself: {tenths} in 10 such cases have to be right."
    follows = "It is above the line." if step.confidence >= threshold else "It is below the line."
    return confidence(step.confidence, threshold=threshold, consequence=f"{rule} {follows}")


def _ending(run: AgentRun) -> str:
    """Say why it stopped, when that was for another reason than doubt."""
    last = next((s for s in reversed(run.steps.all()) if s.kind == AgentStep.Kind.HAND_OFF), None)
    if run.state == AgentRun.State.WAITING_APPROVAL:
        return "It waits for a person to approve a call."
    if last is None:
        return run.error and "It broke; a person has the ticket."
    reason = str(last.input.get("reason", ""))
    label = reason_in_words(reason) if reason in Handoff.Reason.values else reason
    doubt = {Handoff.Reason.LOW_CONFIDENCE, Handoff.Reason.MISSING_KNOWLEDGE}
    return f"Stopped: {label}." if reason in doubt else f"Stopped: {label}. Not because it was unsure."


def _versions(run: AgentRun) -> str:
    parts = [f"{name} {value}" for name, value in run.versions.items()]
    if run.procedure:
        parts.insert(0, f"procedure {run.procedure}")
    return " · ".join(parts)


def _decided_by(runs: Sequence[AgentRun]) -> str:
    """Name the language models that were listened to, and what all that were asked took."""
    models = dict.fromkeys(step.model for run in runs for step in run.steps.all() if step.model)
    tokens = sum(run.tokens for run in runs)
    taken = f"{tokens} tokens, {dollars(sum(run.cost_microdollars for run in runs))}" if tokens else ""
    if not models:
        failed = any(step.calls for run in runs for step in run.steps.all())
        why = "no language model answered" if failed else "without a language model"
        return f"Decided by the local policy, {why}{f' ({taken})' if taken else ''}."
    return f"Decided with {', '.join(models)}: {taken or 'tokens unknown'}."
