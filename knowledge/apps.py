"""App configuration: what the AI agent may quote."""

from django.apps import AppConfig


class KnowledgeConfig(AppConfig):
    """Wiring at start."""

    name = "knowledge"
    verbose_name = "Knowledge"

    def ready(self) -> None:
        """Import subscribers, so that events reach them."""
        import knowledge.subscribers  # noqa: F401 - registers on import
