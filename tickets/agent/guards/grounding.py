"""No source, no sentence: each factual sentence must stand in what this run's own search found."""

import re
from dataclasses import replace

from tickets.agent.context import AgentContext
from tickets.agent.guards.base import Refusal
from tickets.agent.policy import Answer, Cited, Decision, HandOff, Sentence
from tickets.models import AgentStep, Handoff

WORD = re.compile(r"[^\W_]+", re.UNICODE)


def keep_grounded(decision: Decision, context: AgentContext) -> Decision | Refusal:
    """Remove sentences of a factual answer that the journalled search does not carry; refuse when none is left.

    A quote is never the policy's word: it is put together again from the sentences that were kept.
    """
    if not isinstance(decision, Answer) or not (decision.is_factual or any(s.revision_id for s in decision.sources)):
        return decision
    found = found_texts(context)
    kept = tuple(sentence for sentence in decision.sentences if _is_carried(sentence, decision, found))
    if kept:
        sources = tuple(_requoted(source, number, kept) for number, source in enumerate(decision.sources))
        return replace(decision, sentences=kept, sources=sources, is_factual=True)
    return Refusal(
        rule="no_source_no_sentence",
        story="Dropped an answer because no sentence of it stands in a source.",
        instead=HandOff(reason=Handoff.Reason.MISSING_KNOWLEDGE),
    )


def found_texts(context: AgentContext) -> dict[int, str]:
    """Give what this run's search found, by revision: the sentences and the passages, as the journal holds them."""
    step = context.step(AgentStep.Kind.RETRIEVE)
    texts: dict[int, str] = {}
    for piece in [*step.output.get("sentences", ()), *step.output.get("passages", ())] if step else ():
        texts[piece["revision_id"]] = texts.get(piece["revision_id"], "") + "\n" + piece["text"]
    return texts


def _is_carried(sentence: Sentence, answer: Answer, found: dict[int, str]) -> bool:
    if sentence.source is None or not 0 <= sentence.source < len(answer.sources):
        return False
    text = found.get(answer.sources[sentence.source].revision_id or 0, "")
    return bool(_words(sentence.text).strip()) and _words(sentence.text) in _words(text)


def _requoted(source: Cited, number: int, kept: tuple[Sentence, ...]) -> Cited:
    return replace(source, quote=" ".join(sentence.text for sentence in kept if sentence.source == number))


def _words(text: str) -> str:
    return " " + " ".join(WORD.findall(text.lower())) + " "
