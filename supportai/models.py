"""Django looks for an app's models here."""

from supportai.core.models import IdempotentAnswer, OutboxEvent

__all__ = ["IdempotentAnswer", "OutboxEvent"]
