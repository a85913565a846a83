"""What a model may choose for a turn: a tool for each thing that is allowed now, and what each of them means."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from integrations.services.generators.types import ToolSpec
from tickets.agent import understanding
from tickets.agent.context import AgentContext, Step
from tickets.models import Stage
from tickets.selectors_agent import AgentSettings, IntentRule

Kind = Literal["intent", "how_to", "nothing", "act", "option", "value", "yes", "no"]
# Phrases a tool's description shows: those most like the turn, since a model learns more from near examples.
PHRASES = 5
PHRASE_LENGTH = 120
NAME_LENGTH = 48
# Words of intents that the conversational tools stand for.
SPOKEN_FOR = frozenset({"human_request", "small_talk", "other"})


class NoArguments(BaseModel):
    """A tool that is only chosen."""

    model_config = ConfigDict(extra="forbid")


class OptionNumber(BaseModel):
    """Which of the numbered options the customer means."""

    model_config = ConfigDict(extra="forbid")
    number: int = Field(ge=1, le=20, description="Number of the option, as listed in the open question.")


class GivenValue(BaseModel):
    """What the customer answered."""

    model_config = ConfigDict(extra="forbid")
    value: str = Field(
        max_length=500, description="The part of the customer's message that answers the question, letter by letter."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What choosing a tool says; `label` is the intent or the conversational act."""

    kind: Kind
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The tools of a turn with their meanings."""

    tools: tuple[ToolSpec, ...]
    meanings: dict[str, Meaning] = field(default_factory=dict)

    @property
    def intents(self) -> frozenset[str]:
        """Give the intents that could be chosen."""
        return frozenset(m.label for m in self.meanings.values() if m.kind == "intent") | SPOKEN_FOR


ACTS = (
    ("thanks", "thanks", "The customer says thanks, or that the problem is solved or everything is done."),
    ("did_not_help", "not_helpful", "The customer says that the last answer did not help or that the problem is still there."),
    ("wants_a_person", "human_request", "The customer asks to talk to a human being."),
    ("small_talk", "greeting", "A greeting or chat, with no wish or question about the product in it."),
)  # fmt: skip


def offer_for(context: AgentContext) -> Offer:
    """List what the model may choose now: answers to the open question, each intent that is not off, and acts."""
    choices = [*_answers(context.pending), *_intents(context), *_always()]
    return Offer(
        tools=tuple(ToolSpec(name=name, description=text, params=params) for name, text, params, _ in choices),
        meanings={name: meaning for name, _, _, meaning in choices},
    )


Choice = tuple[str, str, type[BaseModel], Meaning]


def _always() -> Iterable[Choice]:
    yield (
        "answer_from_articles",
        "A question that the company's help articles may answer: how something is done, what it means, what it costs, "
        "what the rules are. Nothing is to be done for this customer.",
        NoArguments,
        Meaning(kind="how_to"),
    )
    for name, act, text in ACTS:
        yield name, text, NoArguments, Meaning(kind="act", label=act)
    yield "nothing_of_these", "None of the other tools fits the message.", NoArguments, Meaning(kind="nothing")


def _answers(pending: Step | None) -> Iterable[Choice]:
    """Give the ways to answer the open question; a yes is offered for completeness and never taken from a model."""
    expects = pending.input.get("expects") if pending else ""
    if expects == "confirm":
        yield "answer_yes", "The customer agrees to the open question as it stands.", NoArguments, Meaning(kind="yes")
        yield "answer_no", "The customer declines or postpones what was asked.", NoArguments, Meaning(kind="no")
    elif expects == "choice":
        yield (
            "choose_option",
            "The customer means one of the numbered options of the open question.",
            OptionNumber,
            Meaning(kind="option"),
        )
    elif expects == "value":
        yield "give_value", "The customer answers the open question.", GivenValue, Meaning(kind="value")


def _intents(context: AgentContext) -> Iterable[Choice]:
    """Give a tool for each intent that may be worked on; one that is off is not offered."""
    near = understanding.nearest_phrases(context.text, context.settings, each=PHRASES)
    reserved = {"answer_from_articles", "nothing_of_these", "answer_yes", "answer_no", "choose_option", "give_value"}
    taken = reserved | {name for name, _, _ in ACTS}
    for intent in context.settings.intents:
        if intent.stage == Stage.Level.OFF or intent.is_how_to or intent.slug in SPOKEN_FOR:
            continue
        name = _tool_name(intent.slug, taken)
        taken.add(name)
        text = _description(intent, near.get(intent.slug, ()), context.settings)
        yield name, text, NoArguments, Meaning(kind="intent", label=intent.slug)


def _tool_name(slug: str, taken: set[str]) -> str:
    """Write a slug as a tool's name, unlike all others."""
    plain = re.sub(r"[^a-z0-9]+", "_", slug.lower()).strip("_")[:NAME_LENGTH]
    base = plain if plain[:1].isalpha() else f"wish_{plain}".rstrip("_")
    name, number = base, 2
    while name in taken:
        name, number = f"{base}_{number}", number + 1
    return name


def _description(intent: IntentRule, phrases: Iterable[str], settings: AgentSettings) -> str:
    """Say what a wish is, from what a lead wrote: its name, the procedure's guidance, and how customers put it."""
    procedure = settings.procedure(intent.slug)
    guidance = f" {procedure.guidance.strip()}" if procedure and procedure.guidance.strip() else ""
    examples = "; ".join(f'"{phrase[:PHRASE_LENGTH]}"' for phrase in phrases)
    return f"The customer's wish or report is: {intent.name}.{guidance}" + (
        f" Such as: {examples}." if examples else ""
    )
