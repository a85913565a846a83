"""Account actions of the sandbox: sign-in, locks, roles."""

from typing import Literal

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from pydantic import Field

from integrations.actions import BoundIdentity, Params, Risk, action
from integrations.connectors.sandbox.billing import Nothing
from integrations.connectors.sandbox.client import SandboxConnector, find_row, put_back
from integrations.connectors.sandbox.ownership import (
    ADMIN_ROLES,
    colleagues_accounts,
    needs_organization_admin,
    owned_rows,
    owns,
    same_organization,
)
from integrations.connectors.sandbox.reset_links import reset_link
from integrations.errors import ConnectorError
from integrations.models import ActionExecution, SandboxAccount
from supportai.core.models import JSONDict

Role = Literal["viewer", "member", "billing", "admin"]


class AccountId(Params):
    """Which account."""

    account_id: str = Field(max_length=60, description="Id of the account, from get_account.")


class GrantRole(Params):
    """Which account, and the role to add."""

    account_id: str = Field(max_length=60)
    role: Role


def _account_data(row: SandboxAccount) -> JSONDict:
    return {
        "id": row.pk,
        "contact": row.contact,
        "status": row.status,
        "last_login": row.last_login.isoformat() if row.last_login else None,
        "roles": row.roles,
        "mfa": row.mfa,
        "organization": row.organization,
    }


@action(name="sandbox.get_account", capability="accounts.get_account", risk=Risk.READ, params=Nothing)
def get_account(
    connector: SandboxConnector, params: Nothing, *, identity: BoundIdentity, idempotency_key: str
) -> JSONDict:
    """Look up the customer's own accounts, and the colleagues' for the organization's admin: status, roles, last login."""
    return connector.read(
        "sandbox.get_account",
        lambda: {
            "accounts": [_account_data(row) for row in owned_rows(SandboxAccount, identity)],
            "colleagues": [_account_data(row) for row in colleagues_accounts(identity)],
        },
    )


@action(
    name="sandbox.send_password_reset",
    capability="accounts.send_password_reset",
    risk=Risk.WRITE,
    params=AccountId,
    owner=owns(SandboxAccount, "account_id", ADMIN_ROLES),
    reconcile=SandboxConnector.outcome_of,
)
def send_password_reset(
    connector: SandboxConnector, params: AccountId, *, identity: BoundIdentity, idempotency_key: str
) -> JSONDict:
    """Send a link for a new password to the account's own address. Not for a lost second factor."""
    account = find_row(SandboxAccount, params.account_id)
    if not account.contact:
        raise ConnectorError(f"{account.pk} has no address.", permanent=True)
    message = EmailMessage(
        "Choose a new password",
        f"Hello,\n\nopen this link within one hour to choose a new password:\n{reset_link(account.pk)}",
        settings.DEFAULT_FROM_EMAIL,
        [account.contact],
    )
    result = {"account_id": account.pk, "sent_to": account.contact}
    return connector.send("sandbox.send_password_reset", idempotency_key, message, result)


def _lock(_connector: SandboxConnector, execution: ActionExecution) -> None:
    done = execution.result
    put_back(SandboxAccount, done["account_id"], "status", made=done["status"], old=done["old_status"])


@action(
    name="sandbox.unlock_account",
    capability="accounts.unlock_account",
    risk=Risk.WRITE,
    params=AccountId,
    owner=owns(SandboxAccount, "account_id", ADMIN_ROLES),
    reconcile=SandboxConnector.outcome_of,
    undo=_lock,
)
def unlock_account(
    connector: SandboxConnector, params: AccountId, *, identity: BoundIdentity, idempotency_key: str
) -> JSONDict:
    """Unlock an account that too many sign-in attempts have locked."""

    def change() -> JSONDict:
        account = find_row(SandboxAccount, params.account_id, for_update=True)
        old, account.status = account.status, "active"
        account.save(update_fields=["status"])
        return {"account_id": account.pk, "status": account.status, "old_status": old}

    return connector.write("sandbox.unlock_account", idempotency_key, change)


def _revoke_role(_connector: SandboxConnector, execution: ActionExecution) -> None:
    """Take away the role that was added; roles that came later stay."""
    added = set(execution.result["roles"]) - set(execution.result["old_roles"])
    with transaction.atomic():
        account = find_row(SandboxAccount, execution.result["account_id"], for_update=True)
        account.roles = [role for role in account.roles if role not in added]
        account.save(update_fields=["roles"])


@action(
    name="sandbox.grant_role",
    capability="accounts.grant_role",
    risk=Risk.CRITICAL,
    params=GrantRole,
    owner=same_organization,
    needs_admin=needs_organization_admin,
    reconcile=SandboxConnector.outcome_of,
    undo=_revoke_role,
    needs_confirmation=True,
)
def grant_role(
    connector: SandboxConnector, params: GrantRole, *, identity: BoundIdentity, idempotency_key: str
) -> JSONDict:
    """Give an account of the customer's organization a role; its admin must ask or approve. Confirm first."""

    def change() -> JSONDict:
        account = find_row(SandboxAccount, params.account_id, for_update=True)
        old = list(account.roles)
        account.roles = [*old, params.role] if params.role not in old else old
        account.save(update_fields=["roles"])
        return {"account_id": account.pk, "roles": account.roles, "old_roles": old}

    return connector.write("sandbox.grant_role", idempotency_key, change)
