"""Set the sandbox up, fill its tables from scenarios and the demo, and read its state."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models, transaction

from accounts.models import IdentityLevel
from integrations.actions import all_actions
from integrations.connectors.sandbox.client import new_id
from integrations.models import (
    ActionPolicy,
    Binding,
    Installation,
    SandboxCharge,
    SandboxContact,
    SandboxFault,
    SandboxInvoice,
    SandboxOrganization,
)
from integrations.models.sandbox import TABLES, SandboxRow
from supportai.core.errors import InvalidInputError
from supportai.core.models import JSONDict

OFFSET = re.compile(r"([+-]?)(\d+)([smhd])")
JSON_COLUMNS = {"roles"}
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}

# Defaults of the demo (SCENARIOS 3.12); a filed issue cannot be taken back, so it has a limit too.
LIMITS: dict[str, JSONDict] = {
    "billing.refund_charge": {"limit_cents": 10_000},
    "billing.apply_credit": {"limit_cents": 5_000},
    "billing.cancel_subscription": {"daily_count": 1},
    "billing.change_plan": {"daily_count": 1},
    "accounts.grant_role": {"daily_count": 1},
    "accounts.send_password_reset": {"daily_count": 3},
    "accounts.unlock_account": {"daily_count": 3},
    "billing.send_invoice": {"daily_count": 3},
    "technical.resync_integration": {"daily_count": 3},
    "issues.file": {"daily_count": 3},
}


@transaction.atomic
def ensure_sandbox() -> Installation:
    """Make the sandbox installation with bindings and policies where they are missing; changes nothing else."""
    installation, _ = Installation.objects.get_or_create(
        kind="sandbox", name="Sandbox", defaults={"state": Installation.State.ACTIVE}
    )
    for spec in all_actions():
        if not spec.name.startswith("sandbox."):
            continue
        Binding.objects.get_or_create(
            capability=spec.capability, defaults={"installation": installation, "action": spec.name}
        )
        ActionPolicy.objects.get_or_create(
            capability=spec.capability,
            defaults={"identity_level": IdentityLevel.MAIL_AUTHENTICATED, **LIMITS.get(spec.capability, {})},
        )
    return installation


@transaction.atomic
def load_sandbox(tables: dict[str, list[JSONDict]], *, now: datetime) -> int:
    """Store rows given as in scenarios; returns how many.

    Times are offsets from `now`, missing ids are generated, an empty value is the column's default. A row whose id,
    e-mail or name is stored already replaces that one. An invoice that names only its charge belongs to whom the
    charge belongs to.

    Raises:
        InvalidInputError: an unknown table or column, or a value that does not fit; the message names it.
    """
    for table, rows in tables.items():
        model = _model(table)
        # Given ids come first, so that no generated one takes their place.
        for row in sorted(rows or (), key=lambda row: not row.get("id")):
            _store(model, table, row, now)
    for invoice in SandboxInvoice.objects.filter(contact="", organization="").exclude(charge=""):
        charge = SandboxCharge.objects.filter(pk=invoice.charge).first()
        if charge:
            invoice.contact, invoice.organization = charge.contact, charge.organization
            invoice.save(update_fields=["contact", "organization"])
    return sum(len(rows or ()) for rows in tables.values())


def sandbox_value(path: str) -> Any:
    """Read `table.id.field`, such as `charges.ch_1.refunded_cents`.

    Raises:
        InvalidInputError: there is no such table, row or field.
    """
    table, _, rest = path.partition(".")
    row_id, _, field = rest.rpartition(".")
    if table not in TABLES:
        raise InvalidInputError(f"{path}: there is no table {table}.")
    row = TABLES[table]._default_manager.filter(pk=row_id).first()
    if row is None:
        raise InvalidInputError(f"{path}: there is no row {row_id}.")
    if field not in {column.name for column in row._meta.fields}:
        raise InvalidInputError(f"{path}: there is no field {field}.")
    return getattr(row, field)


def moved_time(value: str, now: datetime) -> datetime:
    """Read `-40m`, `-2h`, `-1d`, `20d` or an ISO time, in UTC when it names no zone.

    Raises:
        InvalidInputError: it is neither.
    """
    match = OFFSET.fullmatch(value.strip())
    if match:
        delta = timedelta(**{UNITS[match[3]]: int(match[2])})
        return now - delta if match[1] == "-" else now + delta
    try:
        given = datetime.fromisoformat(value)
    except ValueError as exc:
        raise InvalidInputError(f"{value!r} is no time; write an offset such as -1d or 20m.") from exc
    return given if given.tzinfo else given.replace(tzinfo=UTC)


def _model(table: str) -> type[models.Model]:
    if table == "faults":
        return SandboxFault
    if table not in TABLES:
        raise InvalidInputError(f"sandbox: there is no table {table}; there are {', '.join(TABLES)}, faults.")
    return TABLES[table]


def _store(model: type[models.Model], table: str, row: JSONDict, now: datetime) -> None:
    values = {name: _value(model, table, name, value, now) for name, value in row.items() if value is not None}
    if issubclass(model, SandboxRow):
        stored = _stored(model, values)
        values["id"] = values.get("id") or (stored.pk if stored else new_id(model))
        if stored and stored.pk != values["id"]:
            stored.delete()
    item = model(**values)
    try:
        # An empty list is a value here, while Django takes it for a field that was left blank.
        item.clean_fields(exclude={name for name in JSON_COLUMNS if not values.get(name)})
        item.save()
    except ValidationError as exc:
        problems = "; ".join(f"{name}: {' '.join(texts)}" for name, texts in exc.message_dict.items())
        raise InvalidInputError(f"sandbox.{table}: {problems}") from exc


def _value(model: type[models.Model], table: str, name: str, value: Any, now: datetime) -> Any:
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist as exc:
        raise InvalidInputError(f"sandbox.{table}: there is no column {name}.") from exc
    if name in JSON_COLUMNS and not isinstance(value, list):
        raise InvalidInputError(f"sandbox.{table}: {name} is a list, such as [member].")
    if not isinstance(field, models.DateTimeField):
        return value
    return moved_time(value, now) if isinstance(value, str) else value


def _stored(model: type[SandboxRow], values: JSONDict) -> SandboxRow | None:
    """Find the row that people or companies are known by, whatever its id."""
    key = {SandboxContact: "email", SandboxOrganization: "name"}.get(model)
    return model._default_manager.filter(**{key: values[key]}).first() if key and key in values else None
