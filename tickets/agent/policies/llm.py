"""The LLM policy: a model reads turns and writes answers; procedures, thresholds and guards stay what they are.

What a model may decide is small on purpose. It chooses among intents, options and words; the step engine
(`procedures.next_decision`) decides on look-ups, questions and writes, with arguments from the systems of record. So a
hostile model can pick a wrong procedure of this very customer, and can never name a charge, an amount or a person.
"""

from dataclasses import dataclass, field, replace

from tickets.agent import guards
from tickets.agent.calls import ModelCall
from tickets.agent.context import AgentContext
from tickets.agent.live import Screen
from tickets.agent.policies.drafts import MAX_DRAFT, TOOLS, Draft, answer_from, passages_of, question_from, read_draft
from tickets.agent.policies.line import ModelLine, Question
from tickets.agent.policies.local import next_step
from tickets.agent.policies.material import answer_material
from tickets.agent.policies.opinion import ModelOpinion
from tickets.agent.policies.quoting import knowledge_answer
from tickets.agent.policies.reading import read_turn
from tickets.agent.policies.writing import complete_sentences
from tickets.agent.policy import Answer, Decision, HandOff, Understanding
from tickets.agent.prompts import load_prompt
from tickets.models import Handoff

PROMPT = "answer"


class LLMPolicy:
    """Reads with a model as a witness, and lets a model write what passages answer."""

    name = "llm"

    def __init__(self, line: ModelLine, screen: Screen) -> None:
        self.line = line
        self.screen = screen

    def understand(self, context: AgentContext) -> Understanding:
        """Read the turn; without a model this is the local reading."""
        return read_turn(context, ModelOpinion(context, self.line))

    def decide(self, context: AgentContext) -> Decision:
        """Decide as the local policy does, with answers that a model writes."""
        return next_step(context, self._write)

    def versions(self) -> dict[str, str]:
        """Name the policy's version and those of its prompts."""
        prompts = ", ".join(load_prompt(name).version for name in ("understand", PROMPT))
        return {"policy": "llm-1", "prompts": prompts}

    def take_calls(self) -> tuple[ModelCall, ...]:
        """Give the attempts since the last time this was asked."""
        return self.line.take_calls()

    def _write(self, context: AgentContext) -> Decision | None:
        """Write the answer; the quoted one stands in when no model helps or its draft does not hold.

        Where the search is not sure enough for an answer, none is written: who writes it makes it no surer.
        """
        quoted = knowledge_answer(context)
        if quoted is None or quoted.confidence < context.settings.answer_threshold:
            return quoted
        stream = _Stream(context, quoted, self.screen)
        question = Question(
            prompt=load_prompt(PROMPT),
            material=answer_material(context, passages_of(context)),
            tools=TOOLS,
            read=read_draft,
            on_text=stream.feed,
            on_failure=stream.drop,
        )
        draft = self.line.ask(question)
        return quoted if draft is None else self._decide_on(draft, context, quoted)

    def _decide_on(self, draft: Draft, context: AgentContext, quoted: Answer) -> Decision | None:
        if draft.kind == "hand_off":
            why = f"The language model asked for a person: {draft.reason}"
            return HandOff(reason=Handoff.Reason.LOW_CONFIDENCE, confidence=quoted.confidence, why=why)
        if draft.kind == "ask":
            return question_from(draft, context) or quoted
        if draft.kind == "nothing":
            return None
        answer = answer_from(draft.sentences, context, quoted)
        if answer is None:
            return replace(
                quoted, why="What the language model wrote is not carried by its sources, so they are quoted."
            )
        return replace(answer, shown=min(self.screen.shown, len(answer.sentences)))


@dataclass(slots=True)
class _Stream:
    """Shows sentences while the rest is being written: only those that every guard would let through."""

    context: AgentContext
    quoted: Answer
    screen: Screen
    text: str = ""
    seen: int = field(default=0)

    def feed(self, piece: str) -> None:
        """Take the next piece of text."""
        self.text += piece
        if len(self.text) > MAX_DRAFT:
            return
        written = complete_sentences(self.text)
        if len(written) <= self.seen:
            return
        self.seen = len(written)
        answer = answer_from(written, self.context, self.quoted)
        checked = guards.check(answer, self.context) if answer else None
        if isinstance(checked, Answer):
            self.screen.show([sentence.text for sentence in checked.sentences])

    def drop(self) -> None:
        """Forget what was written: the next model begins anew."""
        self.text, self.seen = "", 0
        self.screen.clear()
