"""The handoff packet: what a person needs to go on, each line linked to its evidence, none invented."""

from accounts.models import IdentityLevel
from supportai.core.models import JSONDict
from tickets.models import AgentStep, Handoff, Message, Ticket
from tickets.plain_words import facts_of

QUOTE = 400
NEXT_STEPS = {
    Handoff.Reason.CUSTOMER_REQUEST: "Greet the customer and go on from the last message; nothing needs to be asked again.",
    Handoff.Reason.MISSING_KNOWLEDGE: "Answer the question; your answer becomes a suggestion for the knowledge base.",
    Handoff.Reason.LOW_CONFIDENCE: "Check what was meant, then answer.",
    Handoff.Reason.POLICY: "Decide what the rules leave to a person.",
    Handoff.Reason.REPEATED_FAILURE: "Read what was tried, then take another way.",
    Handoff.Reason.NEGATIVE_SENTIMENT: "Answer personally first, then solve it.",
    Handoff.Reason.TOOL_FAILURE: "Check the failed call in the other system before doing it by hand.",
}


def build_packet(ticket: Ticket, *, reason: str, draft: str = "", next_step: str = "", why: str = "") -> JSONDict:
    """Collect the packet of a ticket's episode.

    Returns `{"sections": [{"label", "lines": [{"text", "href", "tone"}]}], "draft"}`; `href` may be empty, `tone` is
    empty, good or bad.
    """
    messages = list(
        ticket.messages.filter(episode=ticket.episode, kind=Message.Kind.PUBLIC).prefetch_related("attachments")
    )
    customer = [m for m in messages if m.author == Message.Author.CUSTOMER]
    steps = list(AgentStep.objects.filter(run__ticket=ticket, run__episode=ticket.episode).order_by("run_id", "index"))
    sections = {
        "Problem": [_quoted(customer[0])] if customer else [],
        "Wants": _wants(ticket, customer),
        "Who": [_line(_who(ticket, customer))],
        "Page": _page(customer),
        "Attachments": _readings(customer),
        "Done": _done(steps),
        "Promised": _promised(messages),
        "Left open": _left_open(steps),
        "Not known": _unknown(reason, customer, why),
        "Conversation": [_quoted(m, named=True) for m in messages],
        "Next": [_line(next_step or NEXT_STEPS[Handoff.Reason(reason)])],
    }
    return {
        "sections": [{"label": label, "lines": lines} for label, lines in sections.items() if lines],
        "draft": draft,
    }


def packet_text(packet: JSONDict) -> str:
    """Give a packet as staff read it, for search and assertions."""
    lines = [f"{s['label']}: {line['text']}" for s in packet.get("sections", []) for line in s["lines"]]
    return "\n".join([*lines, packet.get("draft", "")])


def _line(text: str, href: str = "", tone: str = "") -> JSONDict:
    return {"text": text, "href": href, "tone": tone}


def _quoted(message: Message, *, named: bool = False) -> JSONDict:
    text = message.body if len(message.body) <= QUOTE else message.body[:QUOTE].rsplit(" ", 1)[0] + " …"
    name = f"{message.get_author_display()}: " if named else ""
    return _line(name + text, f"#message-{message.sequence}")


def _wants(ticket: Ticket, customer: list[Message]) -> list[JSONDict]:
    lines = [_line(f"Read as {ticket.intent.replace('_', ' ')}")] if ticket.intent else []
    return lines + ([_quoted(customer[-1])] if len(customer) > 1 else [])


def _who(ticket: Ticket, customer: list[Message]) -> str:
    contact = ticket.contact
    level = IdentityLevel((customer[-1].identity_level if customer else "") or IdentityLevel.ANONYMOUS)
    parts = [contact.display_name, contact.email if contact.email != contact.display_name else ""]
    parts.append(f"identity: {level.label.lower()}")
    if contact.organization:
        parts.append(contact.organization.name)
    if contact.current_plan:
        parts.append(f"plan {contact.current_plan}")
    return ", ".join(part for part in parts if part)


def _page(customer: list[Message]) -> list[JSONDict]:
    page: JSONDict = next((m.page for m in reversed(customer) if m.page), {})
    parts = [str(page[key]) for key in ("title", "url") if page.get(key)]
    lines = [_line(", ".join(parts))] if parts else []
    return lines + [_line(f"Error on the page: {error}", tone="bad") for error in page.get("errors", [])]


def _readings(customer: list[Message]) -> list[JSONDict]:
    return [
        _line(f"{a.name}: {a.reading or 'not read'}", f"#message-{m.sequence}")
        for m in customer
        for a in m.attachments.all()
    ]


def _done(steps: list[AgentStep]) -> list[JSONDict]:
    lines = []
    for step in steps:
        if step.kind in {AgentStep.Kind.ACT, AgentStep.Kind.ANSWER} or step.state == AgentStep.State.REFUSED:
            bad = step.state == AgentStep.State.REFUSED or step.output.get("state") in {"failed", "unknown"}
            lines.append(_line(step.story, f"#step-{step.public_id}", "bad" if bad else ""))
            lines += [_line(fact, f"#step-{step.public_id}") for fact in _facts(step)]
    return lines or [_line("Nothing was looked up or changed.")]


def _facts(step: AgentStep) -> list[str]:
    """Name the objects that an action returned, so that ids need not be looked for."""
    facts = []
    result = step.output.get("result")
    for name, value in result.items() if isinstance(result, dict) else ():
        for row in value if isinstance(value, list) else [value]:
            if isinstance(row, dict) and row.get("id"):
                facts.append(f"{row['id']}: {', '.join(facts_of(row))}"[:QUOTE])
            elif name.endswith("id") and isinstance(row, str):
                facts.append(f"{name.replace('_', ' ')}: {row}")
    return facts


def _left_open(steps: list[AgentStep]) -> list[JSONDict]:
    """Quote the last question that nobody answered, such as whether to refund: nothing was done about it."""
    replies = [step.input.get("reply") or {} for step in steps if step.kind == AgentStep.Kind.UNDERSTAND]
    answered = {reply.get("ask") for reply in replies if "value" in reply}
    asked = [
        step
        for step in steps
        if step.kind == AgentStep.Kind.ASK
        and step.state == AgentStep.State.DONE
        and step.input.get("expects") in {"confirm", "choice"}
    ]
    if not asked or str(asked[-1].public_id) in answered:
        return []
    return [
        _line(f"Asked and not answered: {asked[-1].input['text']}", f"#message-{asked[-1].output.get('sequence', '')}")
    ]


def _promised(messages: list[Message]) -> list[JSONDict]:
    asked = [m for m in messages if m.author == Message.Author.AI_AGENT and m.card.get("kind") == "result"]
    lines = [_line(m.card["title"], f"#message-{m.sequence}", "good") for m in asked]
    return [*lines, _line("A person answers here. Nothing else.")]


def _unknown(reason: str, customer: list[Message], why: str) -> list[JSONDict]:
    lines = [_line(why)] if why else []
    if reason == Handoff.Reason.MISSING_KNOWLEDGE:
        lines.append(_line("No published article answers this well enough."))
    level = customer[-1].identity_level if customer else ""
    if level in {"", IdentityLevel.ANONYMOUS, IdentityLevel.CLAIMED}:
        lines.append(_line("Who the customer really is: the identity is not verified.", tone="bad"))
    return lines
