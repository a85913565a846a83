"""Whether somebody may still sign in as the demo's staff, with the password that everybody knows."""

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection, connections

from accounts.models import User
from supportai.demo.company import PASSWORD, STAFF


def refuse_demo_logins() -> None:
    """Look for demo logins that work; a database without tables yet has none.

    Raises:
        ImproperlyConfigured: there is one, or nobody can tell: then a server that strangers reach must not start.
    """
    try:
        has_users = User._meta.db_table in connection.introspection.table_names()
        found = [user.email for user in _demo_staff() if user.check_password(PASSWORD)] if has_users else []
    except DatabaseError as exc:
        raise ImproperlyConfigured("The database does not answer; start again when it does.") from exc
    finally:
        connections.close_all()
    if found:
        raise ImproperlyConfigured(
            f"The demo's password works for {', '.join(found)}. Change it (manage.py changepassword) or delete these "
            "accounts before you serve this database in production."
        )


def _demo_staff() -> list[User]:
    return list(User.objects.filter(email__in=[member.email for member in STAFF], is_active=True))
