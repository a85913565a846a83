"""How a turn is read: the answer to the pending question first, then an act, then a request.

The order and the rules are the same for every policy; what differs is the opinion they ask about the words.
"""

from typing import Any, Protocol

from supportai.core.models import JSONDict
from tickets.agent import confirmations, replies, slots, understanding
from tickets.agent.context import AgentContext, Step
from tickets.agent.policy import Understanding
from tickets.models import AgentStep
from tickets.selectors_agent import AgentSettings

# How sure the head of conversational acts must be before its word counts for more than the intent.
ACT_SURE = 0.6
# A new wish of two or three words, in place of an answer, must be this likely.
SHORTEST_WISH = 2
VERY_SURE = 0.9
SMALL_TALK = "small_talk"
HUMAN_REQUEST = "human_request"

Ranked = tuple[tuple[str, float], ...]


class Opinion(Protocol):
    """What somebody takes the turn's words for; asked only where grammar does not settle it."""

    def wants_a_person(self, *, is_answer: bool) -> bool:
        """Tell whether the customer asks for a person."""

    def act(self) -> tuple[str, float]:
        """Give the likeliest conversational act (see `understanding.classify_act`) with its probability."""

    def unaided(self, act: str) -> float:
        """Give the probability of an act by the trained heads alone, whoever else was heard."""

    def intents(self) -> Ranked:
        """Rank the intents by calibrated probability; empty when none are configured."""

    def option(self, options: list[JSONDict]) -> Any | None:
        """Give the value of the option that the words mean, when grammar finds none."""

    def value(self) -> str:
        """Give the part of the words that answers a question for a value; all of them when in doubt."""

    def refuses(self) -> bool:
        """Tell whether words that are neither a plain yes nor a plain no decline the question."""


class LocalOpinion:
    """The opinion of the trained heads."""

    def __init__(self, context: AgentContext) -> None:
        self.context = context

    def wants_a_person(self, *, is_answer: bool) -> bool:
        """Go by plain words, and by both heads when no question is open."""
        return understanding.asks_for_a_person(self.context.text, settings=self.context.settings, is_answer=is_answer)

    def act(self) -> tuple[str, float]:
        """Give the act head's label."""
        found = understanding.classify_act(self.context.text)
        return found.label, found.probability

    def unaided(self, act: str) -> float:
        """Give the act head's probability."""
        return dict(understanding.classify_act(self.context.text).ranked).get(act, 0.0)

    def intents(self) -> Ranked:
        """Rank by the intent head."""
        return understanding.classify_intent(
            self.context.text, history=self.context.customer_history, settings=self.context.settings
        )

    def option(self, options: list[JSONDict]) -> Any | None:
        """Leave it at what grammar finds."""
        del options
        return None

    def value(self) -> str:
        """Take all that was written."""
        return self.context.text

    def refuses(self) -> bool:
        """Leave it at what grammar finds."""
        return False


def read_turn(context: AgentContext, opinion: Opinion) -> Understanding:
    """Read the turn: an answer to the pending question first, then an act, then a request."""
    pending = context.pending
    if opinion.wants_a_person(is_answer=pending is not None):
        return _wants_a_person(1.0)
    if pending is not None:
        answered = _read_answer(pending, context, opinion)
        if answered is not None:
            return answered
    again = _after_a_no(context)
    if again is not None:
        return again
    act, probability = opinion.act()
    if act in {"thanks", "not_helpful"} and probability >= ACT_SURE and _has_replied(context):
        # "It is solved" closes a ticket in the customer's name, so no model's word counts for it.
        return _react(act, opinion.unaided(act) if act == "thanks" else probability, context)
    return _request(context, opinion, is_greeting=act == "greeting" and probability >= ACT_SURE)


def _wants_a_person(probability: float) -> Understanding:
    return Understanding(
        act=HUMAN_REQUEST, intent=HUMAN_REQUEST, probability=probability, story="The customer asks for a person."
    )


def _request(context: AgentContext, opinion: Opinion, *, is_greeting: bool) -> Understanding:
    """Classify what is asked; a procedure starts only when it is likely enough."""
    ranked = opinion.intents()
    top, probability = ranked[0] if ranked else ("", 0.0)
    # What is unlike every example counts as other, so that is no wish beside the greeting.
    if is_greeting and (top in {SMALL_TALK, "other"} or probability < context.settings.act_threshold):
        return Understanding(act=SMALL_TALK, intent=SMALL_TALK, probability=1.0, story="A greeting or small talk.")
    if top == HUMAN_REQUEST and probability >= context.settings.act_threshold:
        return _wants_a_person(probability)
    if top == SMALL_TALK and probability >= context.settings.act_threshold:
        return Understanding(act=SMALL_TALK, intent=top, probability=probability, story="Small talk.")
    procedure = context.settings.procedure(top)
    starts = top if procedure and probability >= context.settings.act_threshold else ""
    blocked = bool(procedure and procedure.needs_identity and not context.person.is_verified)
    return Understanding(
        act="request",
        intent=top,
        probability=probability,
        alternatives=ranked[1:4],
        starts=starts,
        slots=slots.find_slots([context.text]),
        needs_knowledge=not starts or blocked,
        story=_story(context.settings, ranked),
    )


def _story(settings: AgentSettings, ranked: tuple[tuple[str, float], ...]) -> str:
    if not ranked:
        return "No intents are configured, so the knowledge base was asked."
    names = [(found.name if (found := settings.intent(slug)) else slug) for slug, _ in ranked[:2]]
    if ranked[0][1] < settings.act_threshold:
        return f"Not sure what is meant: {' or '.join(names)}."
    return f"Understood as {names[0]}" + (f"; {names[1]} was the runner-up." if len(names) > 1 else ".")


def _read_answer(pending: Step, context: AgentContext, opinion: Opinion) -> Understanding | None:
    """Read the turn as the answer to a question; None when it is something else."""
    expects, ask = pending.input["expects"], {"ask": pending.id, "step": pending.input.get("step", "")}
    slug = str(pending.input.get("procedure", ""))
    if expects == "confirm":
        return _read_confirmation(pending, context, opinion, ask)
    if expects == "choice":
        value = replies.read_choice(context.text, pending.input["options"])
        if value is not None:
            return _answered(slug, {**ask, "value": value}, "The customer chose.")
        return _other_request(context, opinion, slug) or _read_vague_choice(pending, opinion, ask, slug)
    if expects == "value":
        return _other_request(context, opinion, slug) or _answered(
            slug, {**ask, "value": opinion.value()}, "The customer gave the value."
        )
    if expects == "intent":
        value = replies.read_choice(context.text, pending.input["options"]) or _first_if_yes(pending, context.text)
        return _chosen_intent(context, value) if value else None
    return None


def _read_vague_choice(pending: Step, opinion: Opinion, ask: JSONDict, slug: str) -> Understanding:
    """Take the option that the opinion finds in words which name none by themselves."""
    value = opinion.option(list(pending.input["options"]))
    if value is None:
        return _answered(slug, ask, "The choice was not clear.")
    return _answered(slug, {**ask, "value": value}, "The customer chose.")


def _read_confirmation(pending: Step, context: AgentContext, opinion: Opinion, ask: JSONDict) -> Understanding:
    slug = str(pending.input.get("procedure", ""))
    verdict = confirmations.read_answer(pending, context)
    if verdict in {"yes", "no"}:
        said = "yes" if verdict == "yes" else "no"
        return _answered(slug, {**ask, "value": verdict == "yes"}, f"The customer said {said}.")
    other = _other_request(context, opinion, slug)
    if other:
        return other
    if verdict == "unclear" and opinion.refuses():
        return _answered(slug, {**ask, "value": False}, "The customer said no.")
    if verdict == "unclear":
        return _answered(slug, ask, "Neither a clear yes nor a no.")
    rejected = pending.input.get("about", {}).get("ids", []) if _means_another(context.text) else []
    return Understanding(
        act="answer",
        intent=slug,
        probability=1.0,
        starts=slug,
        reply={"rejected": rejected},
        slots=slots.find_slots([context.text]),
        story="The customer changed what was asked, so the question no longer holds.",
    )


def _first_if_yes(pending: Step, text: str) -> Any | None:
    """Take a plain yes to "which of these" for the likeliest, which stands first; acting needs another yes anyway."""
    options = pending.input["options"]
    is_yes = replies.read_confirmation(text, question=[option["label"] for option in options]) == "yes"
    return options[0]["value"] if is_yes and options else None


def _means_another(text: str) -> bool:
    return bool({"other", "another", "different", "instead", "wrong"} & set(replies.tokens(text)))


def _answered(slug: str, reply: JSONDict, story: str) -> Understanding:
    return Understanding(act="answer", intent=slug, probability=1.0, reply=reply, story=story)


def _other_request(context: AgentContext, opinion: Opinion, slug: str) -> Understanding | None:
    """Read the turn as a new wish when it clearly is another intent than the running one."""
    words = len(context.text.split())
    if words < SHORTEST_WISH:
        return None
    found = _request(context, opinion, is_greeting=False)
    needed = context.settings.act_threshold if words >= understanding.SHORT_WORDS else VERY_SURE
    is_clear = found.intent not in {slug, "other", "", SMALL_TALK} and found.probability >= needed
    return found if is_clear else None


def _after_a_no(context: AgentContext) -> Understanding | None:
    """Ask again when the customer says yes after a no: "actually, please do". The old question allows nothing any more."""
    last = next((s for s in reversed(context.earlier) if s.kind == AgentStep.Kind.UNDERSTAND), None)
    reply = (last.input.get("reply") or {}) if last else {}
    if reply.get("value") is not False:
        return None
    asked = next((s for s in context.earlier if s.id == reply.get("ask")), None)
    if asked is None or confirmations.read_answer(asked, context) not in {"yes", "changed"}:
        return None
    if not replies.YES & set(replies.tokens(context.text)):
        return None
    slug = str(asked.input.get("procedure", ""))
    return Understanding(
        act="answer", intent=slug, probability=1.0, starts=slug, story="After a no the customer wants it after all."
    )


def _chosen_intent(context: AgentContext, slug: Any) -> Understanding | None:
    intent = context.settings.intent(str(slug))
    if intent is None:
        return None
    procedure = context.settings.procedure(intent.slug)
    blocked = bool(procedure and procedure.needs_identity and not context.person.is_verified)
    return Understanding(
        act="request",
        intent=intent.slug,
        probability=1.0,
        starts=intent.slug if procedure else "",
        slots=slots.find_slots([*context.customer_history, context.text]),
        needs_knowledge=procedure is None or blocked,
        story=f"The customer meant {intent.name}.",
    )


def _react(act: str, probability: float, context: AgentContext) -> Understanding:
    stories = {
        "thanks": "The customer says that it is solved.",
        "not_helpful": "The customer says that it did not help.",
    }
    last = next((s for s in reversed(context.earlier) if s.kind == AgentStep.Kind.UNDERSTAND), None)
    intent = str(last.input.get("intent", "")) if last else ""
    return Understanding(
        act=act,
        intent=intent,
        probability=probability,
        needs_knowledge=act == "not_helpful",
        story=stories[act],
    )


def _has_replied(context: AgentContext) -> bool:
    return any(said.author in {"ai_agent", "agent"} for said in context.said) or not context.earlier
