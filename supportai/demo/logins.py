"""Whether somebody may still sign in as the demo's staff, with the password that everybody knows."""

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connections

from accounts.models import User
from supportai.demo.company import PASSWORD, STAFF


def refuse_demo_logins() -> None:
    """Look for demo logins that work; a database that is away or empty has none to show.

    Raises:
        ImproperlyConfigured: there is one, so a server that strangers reach must not start.
    """
    try:
        found = [user.email for user in _demo_staff() if user.check_password(PASSWORD)]
    except DatabaseError:
        return
    finally:
        connections.close_all()
    if found:
        raise ImproperlyConfigured(
            f"The demo's password works for {', '.join(found)}. Change it (manage.py changepassword) or delete these "
            "accounts before you serve this database in production."
        )


def _demo_staff() -> list[User]:
    return list(User.objects.filter(email__in=[member.email for member in STAFF], is_active=True))
