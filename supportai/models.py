"""Django looks for an app's models here."""

from supportai.core.models import OutboxEvent

__all__ = ["OutboxEvent"]
