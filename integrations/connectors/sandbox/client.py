"""The sandbox's client: reads and writes its tables as a provider would, with idempotency keys and planned faults."""

from collections.abc import Callable
from smtplib import SMTPException
from typing import Any, ClassVar, TypeVar

from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F

from integrations.errors import ConnectorError
from integrations.models import Installation, SandboxCall, SandboxFault
from integrations.models.sandbox import SandboxRow
from supportai.core.models import JSONDict

Row = TypeVar("Row", bound=SandboxRow)


class SandboxConnector:
    """One installation of the sandbox."""

    kind: ClassVar[str] = "sandbox"

    def __init__(self, installation_id: int) -> None:
        self.installation_id = installation_id

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
            # One write at a time, so that new ids follow each other without gaps or doubles.
            Installation.objects.select_for_update(of=("self",), no_key=True).get(pk=self.installation_id)
            call, is_new = SandboxCall.objects.select_for_update().get_or_create(
                idempotency_key=key, defaults={"action": action}
            )
            if is_new:
                call.result = change()
                call.save(update_fields=["result"])
        if fault == SandboxFault.Kind.TIMEOUT_AFTER:
            raise ConnectorError("The sandbox took too long to answer.", is_unknown=True)
        return dict(call.result)

    def send(self, action: str, key: str, message: EmailMessage, result: JSONDict) -> JSONDict:
        """Send a mail once per idempotency key, outside any transaction.

        A crash between sending and noting sends it again, under the same Message-ID, by which mail systems know it.

        Raises:
            ConnectorError: a planned fault, or the mail server did not take it.
        """
        fault = _next_fault(action)
        if fault == SandboxFault.Kind.ERROR:
            raise ConnectorError("The sandbox answered with an error.")
        if self.outcome_of(key) is None:
            message.extra_headers["Message-ID"] = f"<{key}@{message.from_email.rpartition('@')[2].strip('>')}>"
            try:
                message.send()
            except (SMTPException, OSError) as exc:
                raise ConnectorError("The mail could not be sent.") from exc
            SandboxCall.objects.get_or_create(idempotency_key=key, defaults={"action": action, "result": result})
        if fault == SandboxFault.Kind.TIMEOUT_AFTER:
            raise ConnectorError("The sandbox took too long to answer.", is_unknown=True)
        return result

    def outcome_of(self, key: str) -> JSONDict | None:
        """Give what the call with this key returned; None when it did nothing."""
        call = SandboxCall.objects.filter(idempotency_key=key).first()
        return dict(call.result) if call else None


def connect(installation: Installation) -> SandboxConnector:
    """Give the client; the sandbox needs no credentials."""
    return SandboxConnector(installation.pk)


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


def put_back(model: type[Row], row_id: str, field: str, *, made: Any, old: Any) -> None:
    """Give a field its old value again, when it still has the one that our call made; doing it twice does no harm.

    Raises:
        ConnectorError: it was changed since (permanent).
    """
    with transaction.atomic():
        row = find_row(model, row_id, for_update=True)
        if getattr(row, field) not in (made, old):
            raise ConnectorError(f"{row_id} was changed since.", permanent=True)
        setattr(row, field, old)
        row.save(update_fields=[field])


def _next_fault(action: str) -> str:
    """Use up one planned fault of an action; its kind, or an empty text."""
    fault = SandboxFault.objects.filter(action=action, times__gt=0).order_by("pk").first()
    if fault is None:
        return ""
    used = SandboxFault.objects.filter(pk=fault.pk, times__gt=0).update(times=F("times") - 1)
    return fault.kind if used else ""
