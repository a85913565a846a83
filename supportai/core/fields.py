"""Model fields of our own."""

import json
from functools import partial
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Expression

POSTGRESQL = "postgresql"


class OrderedJSONField(models.JSONField):
    """JSON whose objects keep the order of their keys, on PostgreSQL too.

    There Django stores `jsonb`, which sorts keys by length; what people wrote as the rows of a card came back in another
    order. The type `json` keeps the text as it is, at the price of look-ups by key and of equality, which are not needed.
    """

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        """Store text that is checked to be JSON."""
        return "json" if connection.vendor == POSTGRESQL else super().db_type(connection)

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        """Hand the driver JSON that the server does not take apart."""
        if connection.vendor != POSTGRESQL or value is None:
            return super().get_db_prep_value(value, connection, prepared)
        from psycopg.types.json import Json

        return Json(value, dumps=partial(json.dumps, cls=self.encoder))

    def from_db_value(self, value: Any, expression: Expression, connection: BaseDatabaseWrapper) -> Any:
        """Read text; the driver has read a `json` column already."""
        return super().from_db_value(value, expression, connection) if isinstance(value, str) else value
