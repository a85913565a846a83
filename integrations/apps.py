"""App configuration: connectors, actions, executions."""

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    """Wiring at start."""

    name = "integrations"

    def ready(self) -> None:
        """Import subscribers, so that events reach them."""
        import integrations.subscribers  # noqa: F401 - registers on import
