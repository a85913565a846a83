"""Set the sandbox up, fill its tables from scenarios and the demo, and read its state."""

import re
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models, transaction

from accounts.models import IdentityLevel
from integrations.actions import all_actions
from integrations.connectors.sandbox.client import new_id
from integrations.models import ActionPolicy, Binding, Installation, SandboxFault
from integrations.models.sandbox import TABLES, SandboxRow
from supportai.core.errors import InvalidInputError
from supportai.core.models import JSONDict

OFFSET = re.compile(r"([+-]?)(\d+)([smhd])")
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
    """Store rows given as in scenarios: times as offsets from `now`, missing ids generated; returns how many.

    Raises:
        InvalidInputError: an unknown table or column, or a value that does not fit; the message names it.
    """
    count = 0
    for table, rows in tables.items():
        for row in rows:
            if table == "faults":
                SandboxFault.objects.create(**row)
            elif table in TABLES:
                _store(TABLES[table], table, row, now)
            else:
                raise InvalidInputError(f"sandbox: there is no table {table}; there are {', '.join(TABLES)}, faults.")
            count += 1
    return count


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
    if not hasattr(row, field):
        raise InvalidInputError(f"{path}: there is no field {field}.")
    return getattr(row, field)


def moved_time(value: str, now: datetime) -> datetime:
    """Read `-40m`, `-2h`, `-1d`, `20d` or an ISO time.

    Raises:
        InvalidInputError: it is neither.
    """
    match = OFFSET.fullmatch(value.strip())
    if match:
        delta = timedelta(**{UNITS[match[3]]: int(match[2])})
        return now - delta if match[1] == "-" else now + delta
    try:
        return datetime.fromisoformat(value)
    except ValueError as exc:
        raise InvalidInputError(f"{value!r} is no time; write an offset such as -1d or 20m.") from exc


def _store(model: type[SandboxRow], table: str, row: JSONDict, now: datetime) -> None:
    values: JSONDict = {}
    for name, value in row.items():
        try:
            field = model._meta.get_field(name)
        except FieldDoesNotExist as exc:
            raise InvalidInputError(f"sandbox.{table}: there is no column {name}.") from exc
        is_time = isinstance(field, models.DateTimeField) and isinstance(value, str)
        values[name] = moved_time(value, now) if is_time else value
    values.setdefault("id", new_id(model))
    if value_missing := [n for n in ("amount_cents",) if n in _required(model) and n not in values]:
        raise InvalidInputError(f"sandbox.{table}: {values['id']} needs {', '.join(value_missing)}.")
    model._default_manager.update_or_create(pk=values.pop("id"), defaults=values)


def _required(model: type[SandboxRow]) -> set[str]:
    return {f.name for f in model._meta.fields if not f.has_default() and not f.blank and not f.primary_key}
