"""Times as whole numbers inside the database, the same on SQLite and PostgreSQL.

Django's own date functions call back into Python for each row on SQLite; these stay in SQL.
"""

from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

from django.db.models import F, Func, IntegerField

DAY = 86400
HOUR = 3600
QUARTER = 900


class Epoch(Func):
    """Whole seconds since 1970, rounded down."""

    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """Read the stored text up to its seconds."""
        template = "CAST(strftime('%%%%s', substr(%(expressions)s, 1, 19)) AS INTEGER)"
        return self.as_sql(compiler, connection, template=template, **extra)

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """Ask for the epoch."""
        template = "FLOOR(EXTRACT(EPOCH FROM %(expressions)s))::bigint"
        return self.as_sql(compiler, connection, template=template, **extra)


class Bucket(Func):
    """The number of the stretch of `size` seconds since 1970 that a time is in."""

    output_field = IntegerField()
    template = "((%(expressions)s) / %(size)s)"

    def __init__(self, name: str, *, size: int) -> None:
        super().__init__(Epoch(F(name)), size=size)


def bucket_size(zone: tzinfo, first: date, last: date) -> int:
    """Choose the longest stretch whose borders include every midnight of a zone between two days."""
    offsets: set[int] = set()
    day = first - timedelta(days=1)
    while day <= last + timedelta(days=1):
        offset = datetime.combine(day, datetime.min.time(), tzinfo=zone).utcoffset() or timedelta()
        offsets.add(int(offset.total_seconds()))
        day += timedelta(days=1)
    if offsets == {0}:
        return DAY
    return HOUR if all(offset % HOUR == 0 for offset in offsets) else QUARTER


def day_of(bucket: int, *, size: int, zone: tzinfo) -> date:
    """Give the local day of a bucket."""
    return datetime.fromtimestamp(bucket * size, UTC).astimezone(zone).date()
