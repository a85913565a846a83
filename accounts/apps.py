"""App configuration: who is who."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Wiring at start."""

    name = "accounts"

    def ready(self) -> None:
        """Import subscribers, so that events reach them."""
        import accounts.subscribers  # noqa: F401 - registers on import
