"""Links leave only when they stand in what this run found: a hostile text must not lead customers elsewhere."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from supportai.core.models import JSONDict
from tickets.agent.context import AgentContext
from tickets.agent.guards.grounding import found_texts
from tickets.agent.policy import Answer, Ask, Decision, HandOff

# Anything that a browser could open: a scheme, "www.", or two slashes of either kind.
URL = re.compile(r"(?:\b(?:https?|ftp|javascript|data|mailto):|\bwww\.|[/\\]{2})[^\s)\]>\"']+", re.IGNORECASE)
IMAGE = re.compile(r"!\[[^\]]{0,500}\]\([^)]{0,2000}\)")
TARGET = re.compile(r"\]\(([^)]{0,2000})\)")
REMOVED = "[link removed]"


def keep_known_links(decision: Decision, context: AgentContext) -> Decision:
    """Remove images, and every link that no passage of this run's search holds, from all that the customer sees."""
    known = {url for text in found_texts(context).values() for url in [*URL.findall(text), *TARGET.findall(text)]}

    def clean(text: str) -> str:
        text = TARGET.sub(lambda m: m.group() if m.group(1) in known else "]", IMAGE.sub("", text))
        return URL.sub(lambda m: m.group() if m.group() in known else REMOVED, text)

    if isinstance(decision, Answer):
        sentences = tuple(replace(sentence, text=clean(sentence.text)) for sentence in decision.sentences)
        sources = tuple(replace(s, title=clean(s.title), quote=clean(s.quote)) for s in decision.sources)
        return replace(
            decision,
            sentences=sentences,
            sources=sources,
            card=_deep(decision.card, clean),
            quick_replies=_deep(decision.quick_replies, clean),
        )
    if isinstance(decision, Ask):
        return replace(
            decision,
            text=clean(decision.text),
            card=_deep(decision.card, clean),
            quick_replies=_deep(decision.quick_replies, clean),
        )
    if isinstance(decision, HandOff):
        return replace(decision, notice=clean(decision.notice))
    return decision


def _deep(value: Any, clean: Callable[[str], str]) -> Any:
    """Clean every text inside a card or a row of quick replies."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        cleaned: JSONDict = {key: _deep(item, clean) for key, item in value.items()}
        return cleaned
    if isinstance(value, list | tuple):
        return type(value)(_deep(item, clean) for item in value)
    return value
