"""Links leave only when they stand in a cited passage: a hostile text must not lead customers elsewhere."""

import re
from dataclasses import replace

from tickets.agent.context import AgentContext
from tickets.agent.policy import Answer, Ask, Decision, HandOff

URL = re.compile(r"\b(?:https?://|www\.)[^\s)\]>]+", re.IGNORECASE)
IMAGE = re.compile(r"!\[[^\]]*\]\([^)]*\)")
REMOVED = "[link removed]"


def keep_known_links(decision: Decision, context: AgentContext) -> Decision:
    """Remove images and every link that no cited source holds."""
    del context
    if isinstance(decision, Answer):
        known = {url for source in decision.sources for url in URL.findall(source.quote)}
        sentences = tuple(replace(s, text=_clean(s.text, known)) for s in decision.sentences)
        return replace(decision, sentences=sentences)
    if isinstance(decision, Ask):
        return replace(decision, text=_clean(decision.text, set()))
    if isinstance(decision, HandOff):
        return replace(decision, notice=_clean(decision.notice, set()))
    return decision


def _clean(text: str, known: set[str]) -> str:
    text = IMAGE.sub("", text)
    return URL.sub(lambda match: match.group() if match.group() in known else REMOVED, text)
