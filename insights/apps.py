"""App configuration: what many tickets say together."""

from django.apps import AppConfig


class InsightsConfig(AppConfig):
    """Wiring at start."""

    name = "insights"

    def ready(self) -> None:
        """Import subscribers and what fills pages of apps below, so that both are known."""
        import insights.subscribers
        import insights.views.article_panel  # noqa: F401 - registers on import
