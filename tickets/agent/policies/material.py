"""What a model is shown of a turn: the customer's words, the page and passages, as quoted data without personal details.

Only this ticket's own conversation, the page of its turn and published passages are in it, so there is nothing of
anybody else that a model could tell. Mail addresses, card numbers and secrets are masked before they leave.
"""

import json
from typing import Any
from urllib.parse import urlsplit

from supportai.core.models import JSONDict
from supportai.core.redaction import redact
from tickets.agent.context import AgentContext, Step

SAID_MESSAGES = 8
SAID_LENGTH = 600
MESSAGE_LENGTH = 4_000
PAGE_ITEMS = 10
PAGE_LENGTH = 200
AUTHORS = {"customer": "customer", "ai_agent": "assistant", "agent": "staff"}


def turn_material(context: AgentContext) -> str:
    """Give the message with the conversation before it, the page and the open question, for understanding it."""
    data = _conversation(context)
    if context.page:
        data["page"] = _page(context.page)
    if context.pending is not None:
        data["open_question"] = _question(context.pending)
    return quoted(data)


def answer_material(context: AgentContext, passages: list[JSONDict]) -> str:
    """Give the message with the conversation before it and the numbered passages."""
    numbered = [
        {"number": number, "title": passage["title"], "section": passage["heading"], "text": passage["text"]}
        for number, passage in enumerate(passages, start=1)
    ]
    return quoted({**_conversation(context), "passages": numbered})


def quoted(data: JSONDict) -> str:
    """Write data as JSON between marks that nothing inside it can close."""
    text = json.dumps(data, ensure_ascii=False, indent=1).replace("<", "\\u003c").replace(">", "\\u003e")
    return f"<data>\n{text}\n</data>"


def _conversation(context: AgentContext) -> JSONDict:
    first = context.turn[0].sequence if context.turn else 0
    before = [said for said in context.said if said.sequence < first][-SAID_MESSAGES:]
    return {
        "conversation": [
            {"from": AUTHORS.get(said.author, "staff"), "said": redact(said.text[:SAID_LENGTH])} for said in before
        ],
        "message": redact(context.text[:MESSAGE_LENGTH]),
    }


def _page(page: JSONDict) -> JSONDict:
    """Keep title, path, headings and errors; a query may hold anything, so it stays here."""
    shown: JSONDict = {"title": _short(page.get("title", "")), "path": _short(urlsplit(str(page.get("url", ""))).path)}
    for name in ("headings", "errors"):
        items = page.get(name)
        shown[name] = [_short(item) for item in items[:PAGE_ITEMS]] if isinstance(items, list) else []
    return shown


def _question(pending: Step) -> JSONDict:
    asked: JSONDict = {"asked": redact(str(pending.input.get("text", ""))), "expects": pending.input.get("expects", "")}
    options = pending.input.get("options") or ()
    if options:
        asked["options"] = [{"number": n, "label": redact(str(o["label"]))} for n, o in enumerate(options, start=1)]
    return asked


def _short(value: Any) -> str:
    return redact(str(value)[:PAGE_LENGTH])
