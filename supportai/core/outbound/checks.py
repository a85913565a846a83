"""A check at the start: what the operator allows can be read."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from supportai.core.outbound.guard import guard_from_settings


@register()
def check_outbound_allowed(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:  # noqa: ARG001 - Django's form
    """Say which entry of `SUPPORTAI_OUTBOUND_ALLOWED` cannot be read."""
    try:
        guard_from_settings()
    except ValueError as exc:
        hint = "Name hosts (wiki.corp.example), hosts with a port (wiki.corp.example:8080) or networks (10.1.0.0/16)."
        return [
            Error(f"SUPPORTAI_OUTBOUND_ALLOWED: {exc}", hint=hint, obj=settings.OUTBOUND_ALLOWED, id="outbound.E001")
        ]
    return []
