"""Who acts when a member of staff uses the admin or the API."""

from typing import Any

from supportai.core.actors import Actor


def staff_actor(request: Any) -> Actor:
    """Name the signed-in member of staff behind a request of Django or of the REST framework."""
    return Actor.staff(int(request.user.pk))
