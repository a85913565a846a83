"""No claim without a success: a text that says something was done needs the action of this run that did it."""

import re

from tickets.agent.context import AgentContext
from tickets.agent.guards.base import Refusal
from tickets.agent.policy import Answer, Ask, Decision, HandOff, text_of
from tickets.models import AgentStep, Handoff, Ticket

DONE = (
    r"(?:refunded|credited|cancel+ed|sent|reset|unlocked|upgraded|downgraded|changed|granted|filed|re-?synced|resent"
    r"|restarted|removed|deleted|paid back|reversed|reimbursed)"
)
# What the AI agent says of itself, and a card's title such as "Refunded $49.00".
OWN = re.compile(
    rf"\b(?:i|we)(?:'ve|’ve| have| just| have just)?\s+(?:already |now |just |successfully )?{DONE}\b|^\W*{DONE}\b",
    re.IGNORECASE,
)
# What it says of the customer's things, which a look-up may show as well: "your subscription is cancelled".
PASSIVE = re.compile(
    rf"\b(?:your|the|this|that)\s+[\w\s]{{1,40}}?\b(?:has|have|was|were|is|are)\s+(?:been |now |being )?{DONE}\b"
    r"|\b(?:refund|credit|reset link|cancellation|invoice)\s+(?:is|has been|was)\s+(?:issued|made|done|on its way|completed|sent)\b"
    r"|\byour money is (?:back|on its way)\b",
    re.IGNORECASE,
)
NEGATED = re.compile(r"\b(?:nothing|not|never|no)\b", re.IGNORECASE)
READ = "read"


def refuse_false_claims(decision: Decision, context: AgentContext) -> Decision | Refusal:
    """Refuse own statements of a completed act, result cards and verified endings that this run's actions do not bear out."""
    texts = _own_texts(decision)
    did, saw = _succeeded(context, reads=False), _succeeded(context, reads=True)
    is_false = any(_has(OWN, text) and not did for text in texts) or any(
        _has(PASSIVE, text) and not (did or saw) for text in texts
    )
    if isinstance(decision, Answer):
        is_false = is_false or (decision.card.get("kind") == "result" and not (did or saw))
        is_false = is_false or (decision.ledger == Ticket.Ledger.VERIFIED and not (did or saw))
    if not is_false:
        return decision
    return Refusal(
        rule="no_claim_without_a_success",
        story="Refused its own draft, which claimed something that no action did.",
        instead=HandOff(reason=Handoff.Reason.TOOL_FAILURE, why=f"Draft held back: {text_of(decision)[:200]}"),
    )


def claims(text: str) -> bool:
    """Tell whether a text says that something was done; questions about and denials of it do not."""
    return _has(OWN, text) or _has(PASSIVE, text)


def _own_texts(decision: Decision) -> list[str]:
    """List what the AI agent says in its own words: all but the cited sentences of a factual answer."""
    if isinstance(decision, Answer):
        texts = [s.text for s in decision.sentences if not decision.is_factual or s.source is None]
    elif isinstance(decision, Ask):
        texts = [decision.text]
    elif isinstance(decision, HandOff):
        return [decision.notice]
    else:
        return []
    card = decision.card if decision.card.get("kind") == "result" else {}
    rows = [str(row.get("value", "")) for row in card.get("rows", [])]
    return [*texts, str(card.get("title", "")), *rows, *(str(r.get("label", "")) for r in decision.quick_replies)]


def _has(pattern: re.Pattern[str], text: str) -> bool:
    return any(
        pattern.search(sentence) and not NEGATED.search(sentence) for sentence in re.split(r"(?<=[.!?])\s+", text)
    )


def _succeeded(context: AgentContext, *, reads: bool) -> bool:
    return any(
        step.kind == AgentStep.Kind.ACT
        and step.state == AgentStep.State.DONE
        and step.output.get("state") == "succeeded"
        and (step.output.get("risk") == READ) is reads
        for step in context.steps
    )
