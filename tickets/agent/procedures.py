"""The step engine: where a procedure stands, and the decision that brings it on.

Every call starts at the first step and replays what the journal holds, so the state of a procedure is never
stored apart from the journal: a crash, a correction or an edit in the admin cannot leave the two disagreeing.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from integrations.actions import Risk
from supportai.core import cel
from supportai.core.models import JSONDict
from tickets.agent.context import AgentContext, Step
from tickets.agent.policy import Act, Answer, Ask, Cited, Decision, HandOff, Sentence
from tickets.models import AgentStep, Handoff, ProcedureStep
from tickets.selectors_agent import ProcedureRule, StepRule

log = structlog.get_logger(__name__)

Kind = ProcedureStep.Kind
PLACEHOLDER = re.compile(r"\{\{(.+?)\}\}")
MAX_OPTIONS = 6
# An action that failed is tried once more, since many faults pass; then a person is asked.
MAX_TRIES = 2
# Of an answer, what an admin's pattern reads: a pattern may be slower than the text is long.
MATCHED_CHARACTERS = 500


@dataclass(slots=True)
class Progress:
    """What the journal says about the running procedure since it started."""

    values: JSONDict = field(default_factory=dict)
    answers: JSONDict = field(default_factory=dict)
    rejected: list[str] = field(default_factory=list)
    confirmations: dict[str, str] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)
    looked_up: dict[str, str] = field(default_factory=dict)


def active_procedure(context: AgentContext) -> str:
    """Give the slug of the procedure that the episode is in, or an empty text."""
    for step in reversed(context.all_steps):
        if step.kind == AgentStep.Kind.UNDERSTAND and step.input.get("starts"):
            return str(step.input["starts"])
        if step.kind == AgentStep.Kind.UNDERSTAND and step.input.get("leaves"):
            return ""
    return ""


def progress_of(context: AgentContext) -> Progress:
    """Replay the episode's journal from the turn that started the running procedure."""
    progress = Progress()
    for step in context.all_steps:
        if step.kind == AgentStep.Kind.UNDERSTAND:
            _replay_understanding(progress, step)
        elif step.kind == AgentStep.Kind.ACT:
            _replay_act(progress, step)
        elif step.kind == AgentStep.Kind.ASK and step.state == AgentStep.State.DONE:
            key = step.input.get("step", "")
            progress.asked[key] = progress.asked.get(key, 0) + 1
    return progress


def _replay_understanding(progress: Progress, step: Step) -> None:
    if step.input.get("starts"):
        rejected = [*progress.rejected, *step.input.get("reply", {}).get("rejected", [])]
        progress.values.clear()
        progress.answers.clear()
        progress.confirmations.clear()
        progress.failures.clear()
        progress.asked.clear()
        progress.looked_up.clear()
        progress.rejected = rejected
    reply = step.input.get("reply") or {}
    if reply.get("step") and "value" in reply:
        progress.answers[reply["step"]] = reply["value"]
        if reply["value"] is True:
            progress.confirmations[reply["step"]] = reply["ask"]


def _replay_act(progress: Progress, step: Step) -> None:
    key = step.input["step"]
    if step.state == AgentStep.State.DONE and step.output.get("state") == "succeeded":
        progress.values[key] = step.output["result"]
        if step.output.get("risk") == Risk.READ:
            progress.looked_up[key] = step.input["capability"]
    elif step.state != AgentStep.State.DECIDED:
        progress.failures[key] = progress.failures.get(key, 0) + 1
        progress.values[f"{key}_failure"] = step.rule or step.output.get("state", "failed")


def next_decision(procedure: ProcedureRule, context: AgentContext, slots: JSONDict) -> Decision:
    """Walk the steps with what the journal holds and decide on the first that is not done.

    A broken expression is an error of the configuration: it ends in a hand-off that names the step for staff.
    """
    return _Walk(procedure, context, slots).decide()


class _Walk:
    """One pass over a procedure's steps."""

    def __init__(self, procedure: ProcedureRule, context: AgentContext, slots: JSONDict) -> None:
        self.procedure = procedure
        self.context = context
        self.progress = progress_of(context)
        self.confirmation = ""
        self.values: JSONDict = {
            "contact": context.person.values(),
            "said": slots.get("text", context.text).lower(),
            "told": slots.get("text", context.text),
            "slots": slots,
            "rejected": self.progress.rejected,
        }

    def decide(self) -> Decision:
        """Give the next decision."""
        try:
            for step in self.procedure.steps:
                decision = self._visit(step)
                if decision is not None:
                    return decision
        except cel.ExpressionError as exc:
            log.warning("procedure.broken_expression", procedure=self.procedure.slug, error=exc.message)
            return HandOff(
                reason=Handoff.Reason.POLICY,
                why=f"Procedure {self.procedure.slug} has a broken expression: {exc.message}",
            )
        return HandOff(reason=Handoff.Reason.POLICY, why=f"Procedure {self.procedure.slug} has no step for this case.")

    def _visit(self, step: StepRule) -> Decision | None:
        """Give a decision, or None when the step is done or does not apply."""
        if step.condition and not self._truth(step):
            return None
        visit = {
            Kind.LOOK_UP: self._call,
            Kind.ACT: self._call,
            Kind.COMPUTE: self._compute,
            Kind.CHOOSE: self._choose,
            Kind.ASK: self._ask,
            Kind.CONFIRM: self._confirm,
            Kind.SAY: self._say,
            Kind.HAND_OFF: self._hand_off,
        }[Kind(step.kind)]
        return visit(step)

    def _truth(self, step: StepRule) -> bool:
        value = cel.evaluate(step.condition, self.values)
        if not isinstance(value, bool):
            raise cel.ExpressionError(f"condition of {step.key} is not true or false")
        return value

    def _call(self, step: StepRule) -> Decision | None:
        if step.key in self.progress.values:
            self.values[step.key] = self.progress.values[step.key]
            return None
        failures = self.progress.failures.get(step.key, 0)
        if failures:
            rule = self.progress.values.get(f"{step.key}_failure", "")
            if rule not in {"failed", "unknown"} or failures >= MAX_TRIES:
                return self._failed(step, str(rule))
        arguments = {name: cel.evaluate(text, self.values) for name, text in step.arguments}
        return Act(
            capability=step.capability,
            arguments=arguments,
            procedure=self.procedure.slug,
            step=step.key,
            confirmation=self.confirmation if step.kind == Kind.ACT else "",
            why=f"Step {step.key} of procedure {self.procedure.slug}.",
        )

    def _failed(self, step: StepRule, rule: str) -> Decision:
        tool_failed = rule in {"failed", "unknown"}
        return HandOff(
            reason=Handoff.Reason.TOOL_FAILURE if tool_failed else Handoff.Reason.POLICY,
            why=f"{step.capability} " + ("failed twice." if tool_failed else f"was refused by the rule {rule}."),
            next_step=f"Check {step.capability} by hand; nothing is claimed to be done.",
        )

    def _compute(self, step: StepRule) -> None:
        self.values[step.key] = cel.evaluate(step.expression, self.values)

    def _choose(self, step: StepRule) -> Decision | None:
        choices = cel.evaluate(step.expression, self.values)
        if not isinstance(choices, list) or not choices:
            raise cel.ExpressionError(f"{step.key} has nothing to choose from")
        if len(choices) == 1:
            self.values[step.key] = choices[0]
            return None
        options = tuple(self._option(step, item) for item in choices[:MAX_OPTIONS])
        named = _named_in(options, self.values["slots"], self.context)
        picked = self.progress.answers.get(step.key, named)
        if picked is not None:
            chosen = [item for item in choices if item == picked]
            if chosen:
                self.values[step.key] = chosen[0]
                return None
        return self._question(step, expects="choice", options=options)

    def _option(self, step: StepRule, item: Any) -> JSONDict:
        label = self._render(step.label, extra={"item": item})
        return {"label": label, "value": item, "id": item.get("id", "") if isinstance(item, Mapping) else str(item)}

    def _ask(self, step: StepRule) -> Decision | None:
        if step.key in self.progress.answers:
            value = self._matching(step, str(self.progress.answers[step.key]))
            if value:
                self.values[step.key] = value
                return None
        return self._question(step, expects="value", options=())

    def _matching(self, step: StepRule, answer: str) -> str:
        """Give the part of an answer that the step's pattern wants; all of it without a pattern, nothing on a miss."""
        if not step.expression:
            return answer
        pattern = cel.evaluate(step.expression, self.values)
        try:
            match = re.search(str(pattern), answer[:MATCHED_CHARACTERS], re.IGNORECASE)
        except re.error as exc:
            raise cel.ExpressionError(f"pattern of {step.key}: {exc}") from exc
        return match.group() if match else ""

    def _confirm(self, step: StepRule) -> Decision | None:
        answer = self.progress.answers.get(step.key)
        if answer is True:
            self.values[step.key] = True
            self.confirmation = self.progress.confirmations[step.key]
            return None
        if answer is False:
            return Answer(
                sentences=(Sentence(text=self._render(step.on_no)),),
                why="The customer said no, so nothing was done.",
            )
        return self._question(step, expects="confirm", options=())

    def _question(self, step: StepRule, *, expects: str, options: tuple[JSONDict, ...]) -> Decision:
        if self.progress.asked.get(step.key, 0) >= MAX_TRIES:
            return HandOff(
                reason=Handoff.Reason.LOW_CONFIDENCE, why=f"Asked twice for {step.key} without a clear answer."
            )
        again = self.progress.asked.get(step.key, 0) > 0
        text = self._render(step.text)
        replies = tuple({"label": o["label"], "value": o["label"]} for o in options)
        card: JSONDict = {}
        if expects == "confirm":
            title = self._render(step.label)
            card = self._card(step, "confirm", title) | {"yes": f"Yes, {_uncapital(title)}", "no": "No"}
        prefix = "Sorry, I did not get that. " if again else ""
        return Ask(
            text=prefix + text,
            expects=expects,
            procedure=self.procedure.slug,
            step=step.key,
            options=options,
            card=card,
            quick_replies=replies,
            about=self._about(step) if expects == "confirm" else {},
            why="A change needs the customer's yes." if expects == "confirm" else "More than one fits.",
        )

    def _about(self, confirm: StepRule) -> JSONDict:
        """Say what a yes would allow: the very call that follows, and the ids it is about.

        The yes then holds for this call alone (guards/confirmations.py), so it must be known when it is asked for.
        """
        ahead = dict(self.values) | {confirm.key: True}
        for step in self.procedure.steps[self.procedure.steps.index(confirm) + 1 :]:
            if step.condition and cel.evaluate(step.condition, ahead) is not True:
                continue
            if step.kind == Kind.COMPUTE:
                ahead[step.key] = cel.evaluate(step.expression, ahead)
                continue
            if step.kind != Kind.ACT:
                break
            arguments = {name: cel.evaluate(text, ahead) for name, text in step.arguments}
            call = {"capability": step.capability, "arguments": arguments}
            return {"ids": sorted(_ids_in(self.values)), "call": call}
        raise cel.ExpressionError(f"{confirm.key} asks for a yes, but no action follows it")

    def _say(self, step: StepRule) -> Decision:
        sources = tuple(
            Cited(title=f"Your {subject_of(capability)}, read just now")
            for key, capability in self.progress.looked_up.items()
            if key in self.values
        )
        sentences = tuple(
            Sentence(text=text, source=0 if sources and index == 0 else None)
            for index, text in enumerate(_paragraphs(self._render(step.text)))
        )
        title = self._render(step.label)
        return Answer(
            sentences=sentences,
            sources=sources[:1],
            card=self._card(step, "result", title) if title else {},
            ledger=step.ledger,
            why=f"Step {step.key} of procedure {self.procedure.slug}.",
        )

    def _hand_off(self, step: StepRule) -> Decision:
        return HandOff(
            reason=step.reason,
            notice=self._render(step.text),
            why=f"Step {step.key} of procedure {self.procedure.slug}.",
        )

    def _card(self, step: StepRule, kind: str, title: str) -> JSONDict:
        rows = [{"label": label, "value": self._render(text)} for label, text in step.card]
        return {"kind": kind, "title": title, "rows": [row for row in rows if row["value"]]}

    def _render(self, text: str, extra: JSONDict | None = None) -> str:
        values = {**self.values, **(extra or {})}

        def insert(match: re.Match[str]) -> str:
            value = cel.evaluate(match.group(1).strip(), values)
            return "" if value is None else str(value)

        return PLACEHOLDER.sub(insert, text).strip()


def _named_in(options: Sequence[JSONDict], slots: JSONDict, context: AgentContext) -> Any | None:
    """Give the one option whose id the customer wrote, if it is just one."""
    del context
    named = [option["value"] for option in options if option["id"] and option["id"] in slots.get("ids", [])]
    return named[0] if len(named) == 1 else None


def subject_of(capability: str) -> str:
    """Name what a capability is about: `billing.find_charges` gives charges."""
    return capability.rpartition(".")[2].partition("_")[2].replace("_", " ")


def _paragraphs(text: str) -> list[str]:
    return [part.strip() for part in text.split("\n\n") if part.strip()] or [text]


def _uncapital(text: str) -> str:
    return text[:1].lower() + text[1:]


def _ids_in(values: Any) -> set[str]:
    """Collect the `id`s of computed and chosen objects (not of whole look-up lists), to know what a no rejected."""
    return {
        str(value["id"]) for value in values.values() if isinstance(value, Mapping) and isinstance(value.get("id"), str)
    }
