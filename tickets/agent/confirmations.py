"""Whether the customer really said yes: read by the loop itself, whatever the policy made of the words."""

from dataclasses import replace

from supportai.core.models import JSONDict
from tickets.agent import replies
from tickets.agent.context import AgentContext, Step
from tickets.agent.policy import Understanding


def shown_with(ask: JSONDict) -> list[str]:
    """List every text of a question that the customer saw: words, card title, buttons and rows."""
    card = ask.get("card", {})
    rows = [f"{row['label']} {row['value']}" for row in card.get("rows", [])]
    return [ask.get("text", ""), card.get("title", ""), card.get("yes", ""), card.get("no", ""), *rows]


def read_answer(pending: Step, context: AgentContext) -> replies.Verdict:
    """Read the turn as the answer to a confirm question."""
    return replies.read_confirmation(context.text, question=shown_with(pending.input))


def only_real_answers(understood: Understanding, context: AgentContext) -> Understanding:
    """Take a yes out of an understanding unless the turn is a plain yes to the pending confirm question."""
    reply = understood.reply
    if reply.get("value") is not True:
        return understood
    pending = context.pending
    is_real = (
        pending is not None
        and pending.id == reply.get("ask")
        and pending.input.get("expects") == "confirm"
        and pending.input.get("step") == reply.get("step")
        and read_answer(pending, context) == "yes"
    )
    if is_real:
        return understood
    kept = {name: value for name, value in reply.items() if name != "value"}
    return replace(understood, reply=kept, story="What was taken for a yes is none, so it allows nothing.")
