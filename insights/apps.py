"""App configuration: what many tickets say together."""

from django.apps import AppConfig


class InsightsConfig(AppConfig):
    """Wiring at start."""

    name = "insights"

    def ready(self) -> None:
        """Import subscribers, so that events reach them."""
        import insights.subscribers  # noqa: F401 - registers on import
