"""The local policy: procedures, embeddings and small trained heads; extractive answers; no LLM."""

from collections.abc import Callable
from dataclasses import replace

from supportai.core.models import JSONDict
from tickets.agent import procedures, slots
from tickets.agent.calls import ModelCall
from tickets.agent.context import AgentContext
from tickets.agent.policies.quoting import PERSON, is_said_already, knowledge_answer
from tickets.agent.policies.reading import ACT_SURE, HUMAN_REQUEST, SMALL_TALK, LocalOpinion, read_turn
from tickets.agent.policy import (
    Answer,
    Ask,
    Decision,
    HandOff,
    Sentence,
    Understanding,
    understanding_from_json,
)
from tickets.models import AgentStep, Handoff

# A clarifying question names intents with at least this share of the probability.
CANDIDATE = 0.12
# Under this probability even the likeliest intent is no candidate: asking would offer what nobody meant.
WORTH_ASKING = 0.4
MAX_CANDIDATES = 3
UNCLEAR_WORDS = 2
ELSE = "Something else"

# Writes the answer to a knowledge question, or says what to do in place of one; None when nothing answers it.
Writer = Callable[[AgentContext], Decision | None]


class LocalPolicy:
    """Decides from the journal, the procedures and the knowledge base alone."""

    name = "local"

    def understand(self, context: AgentContext) -> Understanding:
        """Read the turn with the trained heads."""
        return read_turn(context, LocalOpinion(context))

    def decide(self, context: AgentContext) -> Decision:
        """Bring the running procedure on, or quote an answer, ask or hand off."""
        return next_step(context, knowledge_answer)

    def versions(self) -> dict[str, str]:
        """Name the policy's version; it has no prompts."""
        return {"policy": "local-1"}

    def take_calls(self) -> tuple[ModelCall, ...]:
        """Give none: no model is asked."""
        return ()


def next_step(context: AgentContext, write: Writer) -> Decision:
    """Bring the running procedure on, or answer with what `write` gives, ask or hand off."""
    step = context.step(AgentStep.Kind.UNDERSTAND)
    if step is None:
        raise ValueError("decide() needs an understood turn")
    understood = understanding_from_json(step.input)
    if understood.act == HUMAN_REQUEST:
        return HandOff(reason=Handoff.Reason.CUSTOMER_REQUEST, why="The customer asked for a person.")
    if understood.act == "thanks":
        return _welcome(understood)
    if understood.act == "not_helpful":
        return _try_again(context, write)
    if understood.act == SMALL_TALK:
        return _greet(context)
    slug = procedures.active_procedure(context)
    procedure = context.settings.procedure(slug) if slug else None
    if procedure is None or (understood.act == "request" and not understood.starts):
        return _answer_or_ask(context, understood, write)
    if procedure.needs_identity and not context.person.is_verified:
        return _needs_identity(context, understood, write)
    decision = procedures.next_decision(procedure, context, _procedure_slots(context))
    return replace(decision, confidence=_confidence(context, slug))


def _welcome(understood: Understanding) -> Decision:
    """Take thanks; they close the ticket as confirmed only when the trained head alone is sure of them."""
    is_sure = understood.probability >= ACT_SURE
    return Answer(
        sentences=(Sentence(text="You are welcome. Write here again whenever something comes up."),),
        ledger="confirmed" if is_sure else "",
        why="The customer said that it is solved." if is_sure else "The customer seems to say that it is solved.",
    )


def _greet(context: AgentContext) -> Decision:
    name = context.person.name.split(" ")[0] if context.person.is_verified and context.person.name else ""
    hello = f"Hello {name}." if name else "Hello."
    return Ask(
        text=f"{hello} I am the AI agent of the support team. What can I help you with?",
        expects="open",
        quick_replies=(PERSON,),
        why="A greeting is answered with a question.",
    )


def _try_again(context: AgentContext, write: Writer) -> Decision:
    """Answer once with something not said before; the second complaint hands off."""
    complaints = sum(
        step.kind == AgentStep.Kind.UNDERSTAND and step.input.get("act") == "not_helpful" for step in context.all_steps
    )
    if complaints > 1 or procedures.active_procedure(context):
        return HandOff(reason=Handoff.Reason.REPEATED_FAILURE, why="The customer said that it did not help.")
    answer = write(context)
    if answer and answer.confidence >= context.settings.answer_threshold:
        return answer
    return Ask(
        text="I am sorry that it did not help. What happens instead, and on which page?",
        expects="open",
        quick_replies=(PERSON,),
        why="No other passage answers it, so one question before a person is asked.",
    )


def _needs_identity(context: AgentContext, understood: Understanding, write: Writer) -> Decision:
    """Account data is for verified people only: say what anybody may know, and how to prove who one is."""
    answer = write(context)
    if answer and answer.confidence >= context.settings.answer_threshold:
        return answer
    asked_before = any(s.kind == AgentStep.Kind.ASK and s.input.get("expects") == "identity" for s in context.earlier)
    if asked_before:
        return HandOff(
            reason=Handoff.Reason.POLICY,
            why="The request needs a verified identity, which the customer could not give here.",
        )
    return Ask(
        text=(
            "I can only look into an account, or change anything in it, for somebody who is signed in. "
            "Please sign in and write to us from there, or ask for a person."
        ),
        expects="identity",
        quick_replies=(PERSON,),
        confidence=understood.probability,
        why="The customer's identity is not verified.",
    )


def _answer_or_ask(context: AgentContext, understood: Understanding, write: Writer) -> Decision:
    """Answer from the knowledge base when it is sure enough, else clarify once, else hand off honestly.

    Where all that is likely is work for a procedure, an article about it is no answer, so the question comes first.
    """
    question = _clarify(context, understood)
    if question and _asks_for_work(context, understood):
        return question
    answer = write(context)
    if answer and answer.confidence >= context.settings.answer_threshold:
        return answer
    if question:
        return question
    intent = context.settings.intent(understood.intent)
    sure = understood.probability >= context.settings.act_threshold
    if sure and intent and not intent.is_how_to and intent.slug != "other":
        return HandOff(
            reason=Handoff.Reason.POLICY,
            confidence=understood.probability,
            why=f"{intent.name} is for people: no procedure works on it.",
        )
    if len(context.text.split()) <= UNCLEAR_WORDS and not context.customer_history:
        return Ask(
            text="I am not sure what you mean. Could you say it in a sentence or two?",
            expects="open",
            quick_replies=(PERSON,),
            why="A word or two that nothing fits is asked about once.",
        )
    if search_failed(context):
        return HandOff(reason=Handoff.Reason.TOOL_FAILURE, why="The help center could not be searched.")
    if is_said_already(context):
        return HandOff(
            reason=Handoff.Reason.REPEATED_FAILURE, why="What the articles say was said already, and asked for again."
        )
    return HandOff(
        reason=Handoff.Reason.MISSING_KNOWLEDGE,
        confidence=answer.confidence if answer else 0.0,
        why="Nothing in the knowledge base answers this well enough.",
    )


def search_failed(context: AgentContext) -> bool:
    """Tell whether this run's search broke, so that nothing found says nothing about the knowledge base."""
    step = context.step(AgentStep.Kind.RETRIEVE)
    return step is not None and bool(step.output.get("error"))


def _asks_for_work(context: AgentContext, understood: Understanding) -> bool:
    """Tell whether the turn is likely to be for a procedure and hardly a question about how something is done."""
    shares = dict(((understood.intent, understood.probability), *understood.alternatives))
    how_to = sum(share for slug, share in shares.items() if (i := context.settings.intent(slug)) and i.is_how_to)
    return context.settings.procedure(understood.intent) is not None and how_to < CANDIDATE


def _clarify(context: AgentContext, understood: Understanding) -> Ask | None:
    asked = any(s.kind == AgentStep.Kind.ASK and s.input.get("expects") == "intent" for s in context.earlier)
    ranked = ((understood.intent, understood.probability), *understood.alternatives)
    likely = [
        intent
        for slug, probability in ranked
        if probability >= CANDIDATE and (intent := context.settings.intent(slug)) and slug not in {"other", SMALL_TALK}
    ][:MAX_CANDIDATES]
    works_on = [intent for intent in likely if context.settings.procedure(intent.slug)]
    # What is a question in the first place goes to a person when no article answers it.
    is_vague = understood.probability < WORTH_ASKING or bool(likely and likely[0].is_how_to)
    if asked or is_vague or understood.probability >= context.settings.act_threshold or not works_on:
        return None
    options = tuple({"label": intent.name, "value": intent.slug} for intent in likely)
    return Ask(
        text="I want to get this right. Which of these is it about?",
        expects="intent",
        options=(*options, {"label": ELSE, "value": "other"}),
        quick_replies=tuple({"label": label, "value": label} for label in (*(o["label"] for o in options), ELSE)),
        confidence=understood.probability,
        why="Two intents are too close to act on one of them.",
    )


def _procedure_slots(context: AgentContext) -> JSONDict:
    """Collect slots from the turns since the running procedure started, so that an earlier wish does not leak in.

    A turn that only says which intent was meant belongs to the turn before it.
    """
    texts: list[str] = []
    expects = ""
    for step in context.all_steps:
        if step.kind == AgentStep.Kind.ASK and step.state == AgentStep.State.DONE:
            expects = str(step.input.get("expects", ""))
        if step.kind != AgentStep.Kind.UNDERSTAND:
            continue
        if step.input.get("starts"):
            texts = texts[-1:] if expects == "intent" else []
            expects = ""
        texts.append(str(step.output.get("text", "")))
    return {**slots.find_slots(texts), "text": "\n".join(text for text in texts if text)}


def _confidence(context: AgentContext, slug: str) -> float:
    """Give the probability with which the running procedure was chosen."""
    for step in reversed(context.all_steps):
        if step.kind == AgentStep.Kind.UNDERSTAND and step.input.get("starts") == slug:
            return float(step.input.get("probability", 1.0))
    return 1.0
