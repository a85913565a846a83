"""App configuration: tickets, the AI agent and the inbox."""

from django.apps import AppConfig


class TicketsConfig(AppConfig):
    """Wiring at start."""

    name = "tickets"

    def ready(self) -> None:
        """Import subscribers, so that events reach them."""
        import tickets.subscribers  # noqa: F401 - registers on import
