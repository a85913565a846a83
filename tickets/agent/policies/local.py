"""The local policy: procedures, embeddings and small trained heads; extractive answers; no LLM."""

from dataclasses import replace
from typing import Any

from supportai.core.models import JSONDict
from tickets.agent import confirmations, procedures, replies, slots, understanding
from tickets.agent.context import AgentContext, Step
from tickets.agent.policies.quoting import PERSON, knowledge_answer
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
from tickets.selectors_agent import AgentSettings

# How sure the head of conversational acts must be before its word counts for more than the intent.
ACT_SURE = 0.6
# A new wish of two or three words, in place of an answer, must be this likely.
SHORTEST_WISH = 2
VERY_SURE = 0.9
# A clarifying question names intents with at least this share of the probability.
CANDIDATE = 0.12
# Under this probability even the likeliest intent is no candidate: asking would offer what nobody meant.
WORTH_ASKING = 0.4
MAX_CANDIDATES = 3
UNCLEAR_WORDS = 2
ELSE = "Something else"
SMALL_TALK = "small_talk"
HUMAN_REQUEST = "human_request"


class LocalPolicy:
    """Decides from the journal, the procedures and the knowledge base alone."""

    name = "local"

    def understand(self, context: AgentContext) -> Understanding:
        """Read the turn: an answer to the pending question first, then an act, then a request."""
        pending = context.pending
        if understanding.asks_for_a_person(context.text, settings=context.settings, is_answer=pending is not None):
            return _wants_a_person(1.0)
        if pending is not None:
            answered = _read_answer(pending, context)
            if answered is not None:
                return answered
        again = _after_a_no(context)
        if again is not None:
            return again
        act = understanding.classify_act(context.text)
        if act.label in {"thanks", "not_helpful"} and act.probability >= ACT_SURE and _has_replied(context):
            return _react(act.label, act.probability, context)
        return _request(context, is_greeting=act.label == "greeting" and act.probability >= ACT_SURE)

    def decide(self, context: AgentContext) -> Decision:
        """Bring the running procedure on, or answer, ask or hand off."""
        step = context.step(AgentStep.Kind.UNDERSTAND)
        if step is None:
            raise ValueError("decide() needs an understood turn")
        understood = understanding_from_json(step.input)
        if understood.act == HUMAN_REQUEST:
            return HandOff(reason=Handoff.Reason.CUSTOMER_REQUEST, why="The customer asked for a person.")
        if understood.act == "thanks":
            return _welcome(context)
        if understood.act == "not_helpful":
            return _try_again(context)
        if understood.act == SMALL_TALK:
            return _greet(context)
        slug = procedures.active_procedure(context)
        procedure = context.settings.procedure(slug) if slug else None
        if procedure is None or (understood.act == "request" and not understood.starts):
            return _answer_or_ask(context, understood)
        if procedure.needs_identity and not context.person.is_verified:
            return _needs_identity(context, understood)
        decision = procedures.next_decision(procedure, context, _procedure_slots(context))
        return replace(decision, confidence=_confidence(context, slug))


def _wants_a_person(probability: float) -> Understanding:
    return Understanding(
        act=HUMAN_REQUEST, intent=HUMAN_REQUEST, probability=probability, story="The customer asks for a person."
    )


def _request(context: AgentContext, *, is_greeting: bool) -> Understanding:
    """Classify what is asked; a procedure starts only when it is likely enough."""
    ranked = understanding.classify_intent(context.text, history=context.customer_history, settings=context.settings)
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


def _read_answer(pending: Step, context: AgentContext) -> Understanding | None:
    """Read the turn as the answer to a question; None when it is something else."""
    expects, ask = pending.input["expects"], {"ask": pending.id, "step": pending.input.get("step", "")}
    slug = str(pending.input.get("procedure", ""))
    if expects == "confirm":
        return _read_confirmation(pending, context, ask, slug)
    if expects == "choice":
        value = replies.read_choice(context.text, pending.input["options"])
        if value is not None:
            return _answered(slug, {**ask, "value": value}, "The customer chose.")
        return _other_request(context, slug) or _answered(slug, ask, "The choice was not clear.")
    if expects == "value":
        return _other_request(context, slug) or _answered(
            slug, {**ask, "value": context.text}, "The customer gave the value."
        )
    if expects == "intent":
        value = replies.read_choice(context.text, pending.input["options"]) or _first_if_yes(pending, context.text)
        return _chosen_intent(context, value) if value else None
    return None


def _read_confirmation(pending: Step, context: AgentContext, ask: JSONDict, slug: str) -> Understanding:
    verdict = confirmations.read_answer(pending, context)
    if verdict in {"yes", "no"}:
        said = "yes" if verdict == "yes" else "no"
        return _answered(slug, {**ask, "value": verdict == "yes"}, f"The customer said {said}.")
    other = _other_request(context, slug)
    if other:
        return other
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


def _other_request(context: AgentContext, slug: str) -> Understanding | None:
    """Read the turn as a new wish when it clearly is another intent than the running one."""
    words = len(context.text.split())
    if words < SHORTEST_WISH:
        return None
    found = _request(context, is_greeting=False)
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


def _welcome(context: AgentContext) -> Decision:
    del context
    return Answer(
        sentences=(Sentence(text="You are welcome. Write here again whenever something comes up."),),
        ledger="confirmed",
        why="The customer said that it is solved.",
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


def _try_again(context: AgentContext) -> Decision:
    """Answer once with something not said before; the second complaint hands off."""
    complaints = sum(
        step.kind == AgentStep.Kind.UNDERSTAND and step.input.get("act") == "not_helpful" for step in context.all_steps
    )
    if complaints > 1 or procedures.active_procedure(context):
        return HandOff(reason=Handoff.Reason.REPEATED_FAILURE, why="The customer said that it did not help.")
    answer = knowledge_answer(context)
    if answer and answer.confidence >= context.settings.answer_threshold:
        return answer
    return Ask(
        text="I am sorry that it did not help. What happens instead, and on which page?",
        expects="open",
        quick_replies=(PERSON,),
        why="No other passage answers it, so one question before a person is asked.",
    )


def _needs_identity(context: AgentContext, understood: Understanding) -> Decision:
    """Account data is for verified people only: say what anybody may know, and how to prove who one is."""
    answer = knowledge_answer(context)
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


def _answer_or_ask(context: AgentContext, understood: Understanding) -> Decision:
    """Answer from the knowledge base when it is sure enough, else clarify once, else hand off honestly.

    Where all that is likely is work for a procedure, an article about it is no answer, so the question comes first.
    """
    answer = knowledge_answer(context)
    question = _clarify(context, understood)
    is_sure = answer is not None and answer.confidence >= context.settings.answer_threshold
    if answer and is_sure and not (question and _asks_for_work(context, understood)):
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
    confidence = answer.confidence if answer else 0.0
    return HandOff(
        reason=Handoff.Reason.MISSING_KNOWLEDGE,
        confidence=confidence,
        why="Nothing in the knowledge base answers this well enough.",
    )


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
