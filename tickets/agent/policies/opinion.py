"""The opinion of the trained heads and a model together: the model chooses, and its choice moves calibrated odds."""

from dataclasses import dataclass
from typing import Any

from integrations.errors import ModelError
from integrations.services.generators.types import Completion
from supportai.core.models import JSONDict
from tickets.agent import understanding
from tickets.agent.context import AgentContext
from tickets.agent.policies.line import ModelLine, Question
from tickets.agent.policies.material import turn_material
from tickets.agent.policies.offers import Meaning, Offer, offer_for
from tickets.agent.policies.reading import LocalOpinion, Ranked
from tickets.agent.policies.witness import weigh
from tickets.agent.prompts import load_prompt

PROMPT = "understand"
# How likely a turn answers the open question before a model is heard.
IS_ANSWER = 0.5
# No intent: what a turn is that answers a question.
ANSWER = ""
ACT_OF = {
    "how_to": "request",
    "intent": "request",
    "option": "answer",
    "value": "answer",
    "yes": "answer",
    "no": "answer",
}
INTENT_OF_ACT = {"human_request": "human_request", "greeting": "small_talk"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The tool that a model chose for a turn."""

    name: str
    meaning: Meaning
    arguments: JSONDict

    @property
    def said(self) -> str:
        """Tell it for the journal."""
        number = self.arguments.get("number")
        return f"chose {self.name}" + (f" {number}" if number else "")


class ModelOpinion(LocalOpinion):
    """Asks a model at most once, and only when grammar and plain words have not settled the turn."""

    def __init__(self, context: AgentContext, line: ModelLine) -> None:
        super().__init__(context)
        self.line = line
        self.offer: Offer | None = None
        self._choice: Choice | None = None

    def wants_a_person(self, *, is_answer: bool) -> bool:
        """Go by plain words; without an open question also by head and model together."""
        if super().wants_a_person(is_answer=is_answer):
            return True
        if is_answer:
            return False
        act, probability = self.act()
        return act == "human_request" and probability >= understanding.SURE

    def act(self) -> tuple[str, float]:
        """Give the likeliest act after the model was heard."""
        prior = understanding.classify_act(self.context.text).ranked
        choice = self._ask()
        if choice is None or choice.meaning.kind == "nothing":
            return prior[0]
        label = choice.meaning.label if choice.meaning.kind == "act" else ACT_OF[choice.meaning.kind]
        return weigh(prior, label, offered=frozenset(label for label, _ in prior))[0]

    def intents(self) -> Ranked:
        """Rank the intents after the model was heard; without a model as the head does."""
        choice = self._ask()
        if choice is None or self.offer is None:
            return super().intents()
        prior = understanding.intents_before_a_witness(
            self.context.text, history=self.context.customer_history, settings=self.context.settings
        )
        if self.context.pending is not None:
            prior = ((ANSWER, IS_ANSWER), *((label, p * (1 - IS_ANSWER)) for label, p in prior))
        return weigh(prior, self._intent_of(choice, prior), offered=self.offer.intents | {ANSWER} | self._how_to())

    def option(self, options: list[JSONDict]) -> Any | None:
        """Take the option whose number the model chose."""
        choice = self._ask()
        if choice is None or choice.meaning.kind != "option":
            return None
        number = int(choice.arguments["number"])
        return options[number - 1]["value"] if 1 <= number <= len(options) else None

    def value(self) -> str:
        """Take the value that the model points at, when the customer wrote it letter by letter."""
        choice = self._ask()
        if choice is None or choice.meaning.kind != "value":
            return self.context.text
        given = str(choice.arguments["value"]).strip()
        return given if given and given in self.context.text else self.context.text

    def refuses(self) -> bool:
        """Take the model's no: it can only stop something."""
        choice = self._ask()
        return choice is not None and choice.meaning.kind == "no"

    def _ask(self) -> Choice | None:
        if self.offer is None:
            self.offer = offer_for(self.context)
            question = Question(
                prompt=load_prompt(PROMPT),
                material=turn_material(self.context),
                tools=self.offer.tools,
                read=self._read,
            )
            self._choice = self.line.ask(question)
        return self._choice

    def _read(self, completion: Completion) -> Choice:
        """Take the first tool that was called.

        Raises:
            ModelError: none was, or one that was not offered.
        """
        meanings = self.offer.meanings if self.offer else {}
        for request in completion.tool_requests:
            if request.name in meanings:
                return Choice(name=request.name, meaning=meanings[request.name], arguments=request.arguments)
        raise ModelError("malformed", "The model chose nothing that was offered.")

    def _how_to(self) -> frozenset[str]:
        return frozenset(intent.slug for intent in self.context.settings.intents if intent.is_how_to)

    def _intent_of(self, choice: Choice, prior: Ranked) -> str:
        """Name the intent that a choice stands for; a question to articles is the likeliest of its kind."""
        kind, label = choice.meaning.kind, choice.meaning.label
        if kind == "intent":
            return label
        if kind == "how_to":
            return next((slug for slug, _ in sorted(prior, key=lambda p: -p[1]) if slug in self._how_to()), "other")
        if kind == "act":
            return INTENT_OF_ACT.get(label, ANSWER)
        return "other" if kind == "nothing" else ANSWER
