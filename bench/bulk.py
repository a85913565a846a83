"""Write many rows of a model past Django's objects: executemany into SQLite, COPY into PostgreSQL."""

import json
import random
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.management.color import no_style
from django.db import connection
from django.db.models import DateTimeField, Field, JSONField, Model, UUIDField

ROWS_A_WRITE = 5000


class BulkTable:
    """Rows of one model on their way into the database; what a row leaves out has the model's default."""

    def __init__(self, model: type[Model]) -> None:
        self.model = model
        self.fields: list[Field] = list(model._meta.concrete_fields)
        self._places = {field.attname: (index, _converter(field)) for index, field in enumerate(self.fields)}
        # Every default is the same for all rows, but for the ids that are made for each.
        self._template = [None if isinstance(f, UUIDField) else _convert(f, _default(f)) for f in self.fields]
        self._rows: list[list[Any]] = []
        self.count = 0

    def add(self, values: Mapping[str, Any]) -> int:
        """Take a row by attribute names (`ticket_id`); returns its primary key, counted from 1."""
        self.count += 1
        row = self._template.copy()
        for name, value in ({"id": self.count, "public_id": _random_id()} | dict(values)).items():
            index, convert = self._places[name]
            row[index] = value if convert is None else convert(value)
        self._rows.append(row)
        if len(self._rows) >= ROWS_A_WRITE:
            self.flush()
        return self.count

    def flush(self) -> None:
        """Write what waits."""
        if not self._rows:
            return
        write = _copy if connection.vendor == "postgresql" else _insert
        write(self.model._meta.db_table, [field.column for field in self.fields], self._rows)
        self._rows = []

    def finish(self) -> None:
        """Write the rest and let the database count on from the last id."""
        self.flush()
        with connection.cursor() as cursor:
            for sql in connection.ops.sequence_reset_sql(no_style(), [self.model]):
                cursor.execute(sql)


def _default(field: Field) -> Any:
    return field.get_default() if field.has_default() or not field.null else None


def _random_id() -> uuid.UUID:
    return uuid.UUID(int=random.getrandbits(128))


def _convert(field: Field, value: Any) -> Any:
    convert = _converter(field)
    return value if convert is None else convert(value)


def _converter(field: Field) -> Callable[[Any], Any] | None:
    """Tell what a value needs before it is written; None for nothing."""
    if isinstance(field, JSONField):
        return lambda value: None if value is None else json.dumps(value)
    if connection.vendor == "sqlite" and isinstance(field, UUIDField):
        return lambda value: None if value is None else value.hex
    if connection.vendor == "sqlite" and isinstance(field, DateTimeField):
        return _naive
    return None


def _naive(value: datetime | None) -> str | None:
    """Write a time as Django's SQLite backend stores it: UTC without an offset."""
    return None if value is None else value.replace(tzinfo=None).isoformat(" ")


def _insert(table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    names, marks = ", ".join(f'"{name}"' for name in columns), ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', rows)


def _copy(table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    names = ", ".join(f'"{name}"' for name in columns)
    with connection.cursor() as cursor, cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row(row)
