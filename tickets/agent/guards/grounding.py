"""No source, no sentence: each factual sentence must stand in the words it cites."""

import re
from dataclasses import replace

from tickets.agent.context import AgentContext
from tickets.agent.guards.base import Refusal
from tickets.agent.policy import Answer, Decision, HandOff, Sentence
from tickets.models import Handoff

WORD = re.compile(r"[^\W_]+", re.UNICODE)


def keep_grounded(decision: Decision, context: AgentContext) -> Decision | Refusal:
    """Remove the sentences of a factual answer that their source does not carry; refuse when none is left."""
    del context
    if not isinstance(decision, Answer) or not decision.is_factual:
        return decision
    kept = tuple(sentence for sentence in decision.sentences if _is_carried(sentence, decision))
    if any(sentence.source is not None for sentence in kept):
        return replace(decision, sentences=kept)
    return Refusal(
        rule="no_source_no_sentence",
        story="Dropped an answer because no sentence of it stands in a source.",
        instead=HandOff(reason=Handoff.Reason.MISSING_KNOWLEDGE),
    )


def _is_carried(sentence: Sentence, answer: Answer) -> bool:
    if sentence.source is None or not 0 <= sentence.source < len(answer.sources):
        return False
    return _words(sentence.text) in _words(answer.sources[sentence.source].quote)


def _words(text: str) -> str:
    return " " + " ".join(WORD.findall(text.lower())) + " "
