"""Failed sign-ins: counted per address and per machine, so that passwords cannot be guessed."""

import hashlib

from django.core.cache import cache

WINDOW_SECONDS = 15 * 60
MOST_FOR_EMAIL = 8
# Many people of one office share an address on the network.
MOST_FOR_ADDRESS = 60


def is_blocked(*, email: str, address: str) -> bool:
    """Tell whether either has failed too often in the last quarter of an hour."""
    found: dict[str, int] = cache.get_many([_place("email", email), _place("address", address)])
    return (
        found.get(_place("email", email), 0) >= MOST_FOR_EMAIL
        or found.get(_place("address", address), 0) >= MOST_FOR_ADDRESS
    )


def note_failure(*, email: str, address: str) -> None:
    """Count one failure for both."""
    for place in (_place("email", email), _place("address", address)):
        cache.add(place, 0, WINDOW_SECONDS)
        try:
            cache.incr(place)
        except ValueError:  # it expired between the two lines
            cache.set(place, 1, WINDOW_SECONDS)


def forget_failures(*, email: str) -> None:
    """Forget an address's failures after it signed in."""
    cache.delete(_place("email", email))


def _place(kind: str, value: str) -> str:
    # Hashed, so that the cache holds no addresses.
    return f"sign-in:{kind}:" + hashlib.sha256(value.strip().lower().encode()).hexdigest()
