"""Past-tense sentences for staff: what a step was, in words."""

from supportai.core.models import JSONDict
from tickets.agent.policy import Act, Answer, Ask, Decision, HandOff, Resolve
from tickets.models import Handoff

# By the first word of an action's name: what was done, and what is to be done.
VERBS = {
    "apply": ("Applied", "apply"),
    "cancel": ("Cancelled", "cancel"),
    "change": ("Changed", "change"),
    "file": ("Filed", "file"),
    "find": ("Looked up", "look up"),
    "get": ("Looked up", "look up"),
    "grant": ("Granted", "grant"),
    "refund": ("Refunded", "refund"),
    "resync": ("Restarted the sync of", "restart the sync of"),
    "send": ("Sent", "send"),
    "unlock": ("Unlocked", "unlock"),
}
# What staff read in place of the reason's short label.
REASONS = {Handoff.Reason.POLICY: "the rules leave this to a person"}


def story_of(decision: Decision) -> str:
    """Tell a decision before its outcome is known."""
    match decision:
        case Act():
            return f"Decided to {act_to_do(decision.capability)} ({decision.capability})."
        case Ask():
            return f"Asked before going on. {decision.why}"
        case Answer():
            count = len(decision.sources)
            return f"Answered{f' from {count} source' + ('s' if count > 1 else '') if count else ''}. {decision.why}"
        case HandOff():
            return _story_of_hand_off(decision)
        case Resolve():
            return f"Resolved ({decision.ledger}). {decision.why}"


def _story_of_hand_off(decision: HandOff) -> str:
    """Say why once: a why that repeats the reason, or that the rules sent it, adds nothing."""
    reason, why = reason_in_words(decision.reason), decision.why.strip()
    if not why or why.rstrip(".").casefold() == reason.casefold():
        return f"Handed off: {reason}."
    return f"Handed off. {why}" if decision.reason == Handoff.Reason.POLICY else f"Handed off: {reason}. {why}"


def reason_in_words(reason: str) -> str:
    """Say why a ticket was passed to people, to go on after a colon."""
    known = Handoff.Reason(reason)
    return REASONS.get(known, known.label)


def story_of_search(found: JSONDict) -> str:
    """Tell a search, a broken one too."""
    if found.get("error"):
        return f"Could not search the help center: {found['error']}"
    count = len(found["passages"])
    told = f"Searched the help center: {count} passage{'' if count == 1 else 's'} considered."
    conflict = found.get("conflict")
    if not conflict:
        return told
    kept, dropped = conflict["kept"], conflict["dropped"]
    return f"{told} Articles disagree: “{kept['title']}” counts, “{dropped['title']}” says otherwise. {conflict['why']}"


def story_of_call(name: str, output: JSONDict) -> str:
    """Tell what a call did, with its exact name in brackets."""
    state = str(output.get("state", ""))
    if state in {"succeeded", "compensated"}:
        return f"{act_done(name)} ({name})" + ("." if state == "succeeded" else ", later undone.")
    endings = {
        "failed": f"it failed: {output.get('error', '')}".rstrip(": "),
        "unknown": "no answer came, and the look-up did not settle it",
        "planned": "it waits for a person's approval",
        "approved": "it was approved and is being done",
        "sent": "it is being done",
    }
    opening = "Wants to" if state == "planned" else "Began to" if state in {"approved", "sent"} else "Tried to"
    return f"{opening} {act_to_do(name)} ({name}): {endings.get(state, state)}.".replace(": .", ".")


def act_done(name: str) -> str:
    """Write `billing.refund_charge` as `Refunded the charge`."""
    verb, thing = _parts(name)
    return f"{VERBS[verb][0]} {thing}".strip() if verb in VERBS else f"Called {_plainly(name)}"


def act_to_do(name: str) -> str:
    """Write `billing.find_charges` as `look up the charges`."""
    verb, thing = _parts(name)
    return f"{VERBS[verb][1]} {thing}".strip() if verb in VERBS else f"call {_plainly(name)}"


def _parts(name: str) -> tuple[str, str]:
    verb, _, thing = _plainly(name).partition(" ")
    return verb, f"the {thing}" if thing else ""


def _plainly(name: str) -> str:
    return name.rpartition(".")[2].replace("_", " ")


def working_text(capability: str) -> str:
    """Tell the customer what is being done now: `Looking up your charges`."""
    verb, _, rest = capability.partition(".")[2].partition("_")
    words = rest.replace("_", " ")
    verbs = {"find": "Looking up", "get": "Looking up", "send": "Sending", "file": "Filing", "refund": "Refunding"}
    return f"{verbs.get(verb, 'Working on')} your {words}".strip()
