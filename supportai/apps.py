"""The project package as an app: the outbox table, the shared static files, the management commands."""

from django.apps import AppConfig


class SupportaiConfig(AppConfig):
    """Wiring at start."""

    name = "supportai"
    label = "supportai"
    verbose_name = "Platform"

    def ready(self) -> None:
        """Start structured logs and let the outbox be swept."""
        import logging.config
        from importlib import import_module

        from django.conf import settings

        from supportai.core.events import dispatch_waiting
        from supportai.core.sweeps import sweep

        import_module("supportai.core.outbound.checks")
        logging.config.dictConfig(settings.LOGGING)
        sweep(dispatch_waiting)
