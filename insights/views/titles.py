"""What the list of tickets behind a figure is called."""

from accounts.models import Team
from insights import words
from insights.periods import read_day
from tickets.models import Channel, Intent

TITLES = {
    "tickets": "Tickets opened",
    "not_counted": "Not counted: greetings and spam",
    "automated": "Resolved by the AI agent alone",
    "verified": "Resolved by the AI agent, verified",
    "confirmed": "Resolved by the AI agent, confirmed",
    "assumed": "Resolved by the AI agent, assumed",
    "people": "Resolved by people",
    "abandoned": "Abandoned",
    "open": "Open when the period ended",
    "came_back_ai": "Came back after the AI agent resolved them",
    "came_back_people": "Came back after people resolved them",
    "first_reply_ai": "First answered by the AI agent",
    "first_reply_people": "Handed off, then answered by a person",
    "resolution_ai": "Time to resolve, AI agent",
    "resolution_people": "Time to resolve, people",
    "rated_ai": "Rated, about the AI agent",
    "rated_people": "Rated, about people",
    "unhappy_ai": "Unhappy with the AI agent",
    "unhappy_people": "Unhappy with people",
    "handoffs": "Handed off",
    "backlog": "Open now",
    "backlog_age": "Open now",
}


def title_of(figure: str, value: str) -> str:
    """Name a list, with what narrows it."""
    if figure.startswith("reversed_"):
        ending = figure.removeprefix("reversed_")
        return f"Came back after: {words.ENDINGS[ending][0]}"
    if figure in {"channel", "team", "intent", "day"}:
        return f"Tickets opened: {_name(figure, value)}"
    title = TITLES[figure]
    detail = _detail(figure, value)
    return f"{title}: {detail}" if detail else title


def _detail(figure: str, value: str) -> str:
    if not value:
        return ""
    if figure.startswith(("first_reply", "resolution")):
        return f"{words.duration(int(value))} or longer"
    names = {
        "handoffs": words.REASONS.get(value, value).lower(),
        "backlog": words.WAITS.get(value, (value, ""))[0].lower(),
        "backlog_age": words.AGES.get(value, value),
    }
    return names.get(figure, "")


def _name(figure: str, value: str) -> str:
    if figure == "day":
        day = read_day(value)
        return words.days(day, day)
    if figure == "channel":
        return dict(Channel.choices).get(value, value)
    if not value:
        return "no team" if figure == "team" else "intent not recognised"
    names = Team.objects if figure == "team" else Intent.objects
    found = names.filter(slug=value).values_list("name", flat=True).first()
    return str(found or value)
