"""Ids that follow from their parts, so that doing something twice makes one row."""

import uuid

NAMESPACE = uuid.UUID("6f0f8a0e-3f5c-4f7e-9a53-6c9f0b7f3a11")


def stable_id(*parts: object) -> uuid.UUID:
    """Derive the same UUID from the same parts (RFC 9562, version 5)."""
    return uuid.uuid5(NAMESPACE, "\x1f".join(str(part) for part in parts))
