"""Past-tense sentences for staff: what a step was, in words."""

from supportai.core.models import JSONDict
from tickets.agent.policy import Act, Answer, Ask, Decision, HandOff, Resolve
from tickets.models import Handoff


def story_of(decision: Decision) -> str:
    """Tell a decision before its outcome is known."""
    match decision:
        case Act():
            return f"Decided to call {decision.capability}."
        case Ask():
            return f"Asked before going on. {decision.why}"
        case Answer():
            count = len(decision.sources)
            return f"Answered{f' from {count} source' + ('s' if count > 1 else '') if count else ''}. {decision.why}"
        case HandOff():
            return f"Handed off because {Handoff.Reason(decision.reason).label}. {decision.why}"
        case Resolve():
            return f"Resolved ({decision.ledger}). {decision.why}"


def story_of_call(name: str, output: JSONDict) -> str:
    """Tell what a call did."""
    endings = {
        "succeeded": "it succeeded",
        "failed": f"it failed: {output.get('error', '')}".rstrip(": "),
        "unknown": "no answer came, and the look-up did not settle it",
        "planned": "it waits for a person's approval",
        "approved": "it was approved and is being done",
        "sent": "it is being done",
    }
    state = str(output.get("state", ""))
    return f"Called {name}: {endings.get(state, state)}."


def working_text(capability: str) -> str:
    """Tell the customer what is being done now: `Looking up your charges`."""
    verb, _, rest = capability.partition(".")[2].partition("_")
    words = rest.replace("_", " ")
    verbs = {"find": "Looking up", "get": "Looking up", "send": "Sending", "file": "Filing", "refund": "Refunding"}
    return f"{verbs.get(verb, 'Working on')} your {words}".strip()
