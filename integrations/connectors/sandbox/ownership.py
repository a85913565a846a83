"""Whose a sandbox row is, and who may ask for it (SPEC 1, "own")."""

from collections.abc import Callable
from typing import Any

from integrations.actions import BoundIdentity
from integrations.connectors.sandbox.client import SandboxConnector, find_row, roles_of
from integrations.errors import ActionRefusedError
from integrations.models import SandboxAccount, SandboxOrganization
from integrations.models.sandbox import OwnedRow

# Roles that may ask for an organization's objects, beside its admin.
BILLING_ROLES = frozenset({"billing", "admin"})
TECHNICAL_ROLES = frozenset({"member", "billing", "admin"})
ADMIN_ROLES = frozenset({"admin"})

OwnerCheck = Callable[[SandboxConnector, Any, BoundIdentity], None]


def owns(model: type[OwnedRow], field: str, roles: frozenset[str]) -> OwnerCheck:
    """Make the check of an action whose parameter `field` names a row of `model`."""

    def check(_connector: SandboxConnector, params: Any, identity: BoundIdentity) -> None:
        row = find_row(model, getattr(params, field))
        if not may_touch(row, identity, roles):
            # Worded like a row that is not there, so that ids cannot be tried out.
            raise ActionRefusedError("not_owner", f"There is no {row.pk} that this customer may ask about.")

    return check


def may_touch(row: OwnedRow, identity: BoundIdentity, roles: frozenset[str]) -> bool:
    """Tell whether a row is the contact's own, or the organization's and the contact has one of the roles."""
    if not identity.email:
        return False
    if row.contact:
        return row.contact.lower() == identity.email or _is_colleagues_admin(row, identity)
    return (
        bool(row.organization)
        and row.organization == identity.organization
        and bool(roles & roles_of(identity.email, identity.organization))
    )


def _is_colleagues_admin(row: OwnedRow, identity: BoundIdentity) -> bool:
    """Let the organization's admin ask about a colleague's object, when it says that it is in the organization."""
    return (
        bool(row.organization)
        and row.organization == identity.organization
        and "owner" in roles_of(identity.email, identity.organization)
    )


def same_organization(_connector: SandboxConnector, params: Any, identity: BoundIdentity) -> None:
    """Check that an account is the contact's own or one of the contact's organization."""
    account = find_row(SandboxAccount, params.account_id)
    is_own = bool(identity.email) and account.contact.lower() == identity.email
    is_colleague = bool(identity.organization) and account.organization == identity.organization
    if not (is_own or is_colleague):
        raise ActionRefusedError("not_owner", f"There is no {account.pk} that this customer may ask about.")


def needs_organization_admin(_connector: SandboxConnector, params: Any, identity: BoundIdentity) -> str:
    """Say why the organization's admin must approve, or nothing when the admin is the one who asks."""
    account = find_row(SandboxAccount, params.account_id)
    organization = account.organization or identity.organization
    is_admin = SandboxOrganization.objects.filter(name=organization, admin__iexact=identity.email or "-").exists()
    return "" if is_admin and account.organization == identity.organization else "The organization's admin must agree."
