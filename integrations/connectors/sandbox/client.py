"""The sandbox's client: reads and writes its tables as a provider would, with idempotency keys and planned faults."""

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from django.db import transaction
from django.db.models import F

from integrations.errors import ConnectorError
from integrations.models import Installation, SandboxAccount, SandboxCall, SandboxFault, SandboxOrganization
from integrations.models.sandbox import OwnedRow, SandboxRow
from supportai.core.models import JSONDict


Row = TypeVar("Row", bound=SandboxRow)


class SandboxConnector:
    """One installation of the sandbox."""

    kind: ClassVar[str] = "sandbox"

    def check(self) -> None:
        """Answer at once: it lives in our own database."""
        SandboxCall.objects.exists()

    def read(self, action: str, look: Callable[[], JSONDict]) -> JSONDict:
        """Look something up.

        Raises:
            ConnectorError: a fault was planned for this action.
        """
        if _next_fault(action):
            raise ConnectorError("The sandbox did not answer.")
        return look()

    def write(self, action: str, key: str, change: Callable[[], JSONDict]) -> JSONDict:
        """Change something once per idempotency key.

        Raises:
            ConnectorError: a planned fault; `is_unknown` when the change was made all the same.
        """
        fault = _next_fault(action)
        if fault == SandboxFault.Kind.ERROR:
            raise ConnectorError("The sandbox answered with an error.")
        with transaction.atomic():
            call, is_new = SandboxCall.objects.select_for_update().get_or_create(
                idempotency_key=key, defaults={"action": action}
            )
            if is_new:
                call.result = change()
                call.save(update_fields=["result"])
        if fault == SandboxFault.Kind.TIMEOUT_AFTER:
            raise ConnectorError("The sandbox took too long to answer.", is_unknown=True)
        return call.result

    def outcome_of(self, key: str) -> JSONDict | None:
        """Give what the call with this key returned; None when it did nothing."""
        call = SandboxCall.objects.filter(idempotency_key=key).first()
        return call.result if call else None


def connect(_installation: Installation) -> SandboxConnector:
    """Give the client; the sandbox needs no credentials."""
    return SandboxConnector()


def find_row(model: type[Row], row_id: str, *, for_update: bool = False) -> Row:
    """Give a row.

    Raises:
        ConnectorError: there is none (permanent).
    """
    rows = model._default_manager.all()
    row = (rows.select_for_update() if for_update else rows).filter(pk=row_id).first()
    if row is None:
        raise ConnectorError(f"There is no {row_id}.", permanent=True)
    return row


def new_id(model: type[SandboxRow]) -> str:
    """Make the next id of a table: `re_1`, `re_2`, … in the order of the calls; inside the caller's transaction."""
    taken = model._default_manager.filter(pk__startswith=f"{model.PREFIX}_").values_list("pk", flat=True)
    numbers = [int(pk.rpartition("_")[2]) for pk in taken if pk.rpartition("_")[2].isdigit()]
    return f"{model.PREFIX}_{max(numbers, default=0) + 1}"


def roles_of(email: str, organization: str) -> set[str]:
    """Give the roles that the system of record gives a person in an organization; `owner` is its admin by contract."""
    roles: set[str] = set()
    for account in SandboxAccount.objects.filter(contact__iexact=email):
        if not account.organization or account.organization == organization or not organization:
            roles |= set(account.roles)
    if SandboxOrganization.objects.filter(name=organization, admin__iexact=email).exclude(admin="").exists():
        roles |= {"admin", "owner"}
    return roles


def owned_rows(model: type[OwnedRow], *, email: str, organization: str, roles: frozenset[str]) -> Any:
    """Give the rows that a person may see: the own ones, and the organization's when a role allows it."""
    own = model._default_manager.filter(contact__iexact=email) if email else model._default_manager.none()
    if organization and roles & roles_of(email, organization):
        own = own | model._default_manager.filter(organization=organization, contact="")
    return own.order_by("pk")


def _next_fault(action: str) -> str:
    """Use up one planned fault of an action; its kind, or an empty text."""
    fault = SandboxFault.objects.filter(action=action, times__gt=0).order_by("pk").first()
    if fault is None:
        return ""
    used = SandboxFault.objects.filter(pk=fault.pk, times__gt=0).update(times=F("times") - 1)
    return fault.kind if used else ""
