"""Whose a sandbox row is, and who may ask for it (SPEC 1, "own").

The sandbox knows companies by name alone. What it compares is the name of the platform's row, which
`accounts.services.organizations` keeps unique, never the name that an identity claims.
"""

from collections.abc import Callable
from typing import Any

from integrations.actions import BoundIdentity
from integrations.connectors.sandbox.client import SandboxConnector, find_row
from integrations.errors import ActionRefusedError
from integrations.models import SandboxAccount, SandboxContact, SandboxOrganization
from integrations.models.sandbox import OwnedRow

# Roles that may ask for an organization's objects, beside its admin.
BILLING_ROLES = frozenset({"billing", "admin"})
TECHNICAL_ROLES = frozenset({"member", "billing", "admin"})
ADMIN_ROLES = frozenset({"admin"})

OwnerCheck = Callable[[SandboxConnector, Any, BoundIdentity], None]


def owns(model: type[OwnedRow], field: str, roles: frozenset[str]) -> OwnerCheck:
    """Make the check of an action whose parameter `field` names a row of `model`."""

    def check(_connector: SandboxConnector, params: Any, identity: BoundIdentity) -> None:
        row_id = getattr(params, field)
        row = model._default_manager.filter(pk=row_id).first()
        if row is None or not may_touch(row, identity, roles):
            raise not_owner(row_id)

    return check


def not_owner(row_id: str) -> ActionRefusedError:
    """Word it alike for a row that is not there and for somebody else's, so that ids cannot be tried out."""
    return ActionRefusedError("not_owner", f"There is no {row_id} that this customer may ask about.")


def may_touch(row: OwnedRow, identity: BoundIdentity, roles: frozenset[str]) -> bool:
    """Tell whether a row is the contact's own, or the organization's and the contact has one of the roles."""
    if not identity.email:
        return False
    if row.contact.lower() == identity.email:
        return True
    if not is_at_home(row, identity):
        return False
    # A colleague's object is for the organization's admin alone.
    return is_organization_admin(identity) if row.contact else bool(roles & roles_of(identity))


def owned_rows(model: type[OwnedRow], identity: BoundIdentity, roles: frozenset[str] = frozenset()) -> Any:
    """Give the rows that a person may list: the own ones, and the organization's when one of the roles allows it."""
    if not identity.email:
        return model._default_manager.none()
    rows = model._default_manager.filter(contact__iexact=identity.email)
    home = home_of(identity)
    if home and roles & roles_of(identity):
        rows = rows | model._default_manager.filter(organization=home, contact="")
    return rows.order_by("pk")


def colleagues_accounts(identity: BoundIdentity) -> list[SandboxAccount]:
    """List the other accounts of the organization, for its admin alone."""
    if not is_organization_admin(identity):
        return []
    others = SandboxAccount.objects.exclude(contact__iexact=identity.email).order_by("pk")
    return [account for account in others if is_at_home(account, identity)]


def is_at_home(row: OwnedRow, identity: BoundIdentity) -> bool:
    """Tell whether a row belongs to the person's own organization, directly or through a colleague."""
    home = home_of(identity)
    return bool(home) and home == (row.organization or _organization_of(row.contact))


def home_of(identity: BoundIdentity) -> str:
    """Name the person's organization: as the platform knows it, else as the system of record does."""
    return identity.organization or _organization_of(identity.email)


def _organization_of(email: str) -> str:
    person = SandboxContact.objects.filter(email__iexact=email).first() if email else None
    return person.organization if person else ""


def roles_of(identity: BoundIdentity) -> frozenset[str]:
    """Give a person's roles in the own organization, from the system of record and from a signed identity.

    A signed identity's roles are those in the platform's organization, so without one they say nothing about a
    company that only the system of record knows.
    """
    roles = set(identity.roles) if identity.organization else set()
    for account in SandboxAccount.objects.filter(contact__iexact=identity.email).exclude(contact=""):
        if is_at_home(account, identity) or not (account.organization or _organization_of(account.contact)):
            roles |= set(account.roles)
    return frozenset(roles | ({"admin"} if is_organization_admin(identity) else set()))


def is_organization_admin(identity: BoundIdentity) -> bool:
    """Tell whether the system of record names this person as the admin of the own organization."""
    home = home_of(identity)
    if not identity.email or not home:
        return False
    return SandboxOrganization.objects.filter(name=home, admin__iexact=identity.email).exists()


def same_organization(_connector: SandboxConnector, params: Any, identity: BoundIdentity) -> None:
    """Check that an account is the contact's own or one of the contact's organization."""
    account = SandboxAccount.objects.filter(pk=params.account_id).first()
    is_own = account is not None and bool(identity.email) and account.contact.lower() == identity.email
    if not is_own and not (account is not None and is_at_home(account, identity)):
        raise not_owner(params.account_id)


def needs_organization_admin(_connector: SandboxConnector, params: Any, identity: BoundIdentity) -> str:
    """Say why the organization's admin must approve, or nothing when that admin is the one who asks."""
    account = find_row(SandboxAccount, params.account_id)
    is_theirs = is_at_home(account, identity) and is_organization_admin(identity)
    return "" if is_theirs else "The organization's admin must agree."
