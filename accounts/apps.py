"""App configuration: who is who."""

from typing import Any

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate, pre_delete


class AccountsConfig(AppConfig):
    """Wiring at start."""

    name = "accounts"

    def ready(self) -> None:
        """Import subscribers, so that events reach them, keep the roles up to date, let a deleted contact's words go."""
        import accounts.subscribers  # noqa: F401 - registers on import

        pre_delete.connect(erase_deleted, sender="accounts.Contact", dispatch_uid="accounts.erase_deleted")
        post_migrate.connect(keep_roles, dispatch_uid="accounts.keep_roles")


def keep_roles(sender: AppConfig, **_kwargs: Any) -> None:
    """Bring the role groups up to date after the last app's migration, when every permission exists."""
    from accounts.services.staff import ensure_roles

    if sender is list(apps.get_app_configs())[-1]:
        ensure_roles()


def erase_deleted(instance: Any, **_kwargs: Any) -> None:
    """Erase a contact everywhere before its row goes, whoever deletes it: afterwards nothing names it any more."""
    from supportai.core.privacy import erase

    erase(instance.pk)
