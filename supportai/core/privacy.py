"""Erasure of a contact: each app says what it keeps of one, and all of it goes in the same transaction."""

from collections.abc import Callable

Eraser = Callable[[int], object]
_erasers: list[Eraser] = []


def on_erase(eraser: Eraser) -> Eraser:
    """Register a function that removes what an app keeps of a contact; it takes the contact's id and is idempotent."""
    _erasers.append(eraser)
    return eraser


def erase(contact_id: int) -> None:
    """Let every app remove what it keeps of a contact; the caller's transaction holds all of it or nothing."""
    for eraser in _erasers:
        eraser(contact_id)
