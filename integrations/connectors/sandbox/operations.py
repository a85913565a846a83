"""Orders, integrations and issues of the sandbox."""

from django.conf import settings
from django.urls import reverse
from pydantic import Field

from integrations.actions import BoundIdentity, Params, Risk, action
from integrations.connectors.sandbox.client import SandboxConnector, find_row, new_id
from integrations.connectors.sandbox.ownership import TECHNICAL_ROLES, owns
from integrations.models import SandboxIntegration, SandboxIssue, SandboxOrder
from supportai.core import clock
from supportai.core.models import JSONDict


class GetOrder(Params):
    """Which order."""

    order_id: str = Field(max_length=60)


class IntegrationId(Params):
    """Which integration."""

    integration_id: str = Field(max_length=60)


class FileIssue(Params):
    """What is broken."""

    title: str = Field(min_length=5, max_length=200)
    body: str = Field(min_length=1, max_length=10_000)


@action(
    name="sandbox.get_order",
    capability="orders.get_order",
    risk=Risk.READ,
    params=GetOrder,
    owner=owns(SandboxOrder, "order_id", TECHNICAL_ROLES),
)
def get_order(
    connector: SandboxConnector, params: GetOrder, *, identity: BoundIdentity, idempotency_key: str
) -> JSONDict:
    """Look up one of the customer's orders: status and tracking."""

    def look() -> JSONDict:
        row = find_row(SandboxOrder, params.order_id)
        return {
            "id": row.pk,
            "status": row.status,
            "tracking": row.tracking,
            "description": row.description,
            "created": row.created.isoformat(),
        }

    return connector.read("sandbox.get_order", look)


def _integration_data(row: SandboxIntegration) -> JSONDict:
    return {
        "id": row.pk,
        "name": row.name,
        "status": row.status,
        "last_error": row.last_error,
        "last_sync": row.last_sync.isoformat() if row.last_sync else None,
    }


@action(
    name="sandbox.get_integration",
    capability="technical.get_integration",
    risk=Risk.READ,
    params=IntegrationId,
    owner=owns(SandboxIntegration, "integration_id", TECHNICAL_ROLES),
)
def get_integration(
    connector: SandboxConnector, params: IntegrationId, *, identity: BoundIdentity, idempotency_key: str
) -> JSONDict:
    """Look up one of the customer's integrations: status, last error, last sync."""
    return connector.read(
        "sandbox.get_integration",
        lambda: _integration_data(find_row(SandboxIntegration, params.integration_id)),
    )


@action(
    name="sandbox.resync_integration",
    capability="technical.resync_integration",
    risk=Risk.WRITE,
    params=IntegrationId,
    owner=owns(SandboxIntegration, "integration_id", TECHNICAL_ROLES),
    reconcile=SandboxConnector.outcome_of,
)
def resync_integration(
    connector: SandboxConnector, params: IntegrationId, *, identity: BoundIdentity, idempotency_key: str
) -> JSONDict:
    """Start the sync of an integration again and clear its last error."""

    def change() -> JSONDict:
        row = find_row(SandboxIntegration, params.integration_id, for_update=True)
        row.status, row.last_error, row.last_sync = "active", "", clock.now()
        row.save(update_fields=["status", "last_error", "last_sync"])
        return {"integration_id": row.pk, **_integration_data(row)}

    return connector.write("sandbox.resync_integration", idempotency_key, change)


@action(
    name="sandbox.file_issue",
    capability="issues.file",
    risk=Risk.WRITE,
    params=FileIssue,
    reconcile=SandboxConnector.outcome_of,
)
def file_issue(
    connector: SandboxConnector, params: FileIssue, *, identity: BoundIdentity, idempotency_key: str
) -> JSONDict:
    """File a bug report with title and body, once it is clear what is broken."""

    def change() -> JSONDict:
        issue_id = new_id(SandboxIssue)
        # Staff look at it in the admin; customers are told its id only.
        url = settings.PUBLIC_URL + reverse("admin:integrations_sandboxissue_change", args=[issue_id])
        issue = SandboxIssue.objects.create(id=issue_id, title=params.title, body=params.body, url=url)
        return {"issue_id": issue.pk, "url": issue.url, "title": issue.title}

    return connector.write("sandbox.file_issue", idempotency_key, change)
