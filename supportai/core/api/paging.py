"""Pages by cursor: the place of the last row seen, so that rows which arrive meanwhile shift nothing."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.core.exceptions import ValidationError as FieldError
from django.db.models import Model, Q
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from supportai.core.api.parsing import is_unstorable

MAX_CURSOR_LENGTH = 400
LIMIT, CURSOR = "limit", "cursor"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: after (or, going back, before) the row with these values."""

    values: tuple[Any, ...]
    is_back: bool = False


class KeysetPagination(BasePagination):
    """Follows `ordering`, whose columns together are unique; compares rows with the place instead of counting them."""

    # Rows are numbered as they are stored, and every table has this index: by time, 100,000 tickets were sorted a page.
    ordering: ClassVar[tuple[str, ...]] = ("-id",)
    page_size = 50
    max_page_size = 200

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """Load one page and one row more, which tells whether another page follows."""
        del view
        self.address = request.build_absolute_uri()
        limit = read_limit(request, self.page_size, self.max_page_size)
        place = self._read_place(queryset.model, request.query_params.get(CURSOR, ""))
        is_back = bool(place and place.is_back)
        ordering = [_turned(name) for name in self.ordering] if is_back else list(self.ordering)
        rows = queryset.order_by(*ordering)
        found = list(rows.filter(_after(ordering, place.values))[: limit + 1] if place else rows[: limit + 1])
        page, is_more = found[:limit], len(found) > limit
        if is_back:
            page.reverse()
        self.has_next, self.has_previous = (True, is_more) if is_back else (is_more, place is not None)
        self.page = page
        return page

    def get_paginated_response(self, data: Any) -> Response:
        """Answer with the rows and the addresses of the pages beside them."""
        return Response({"next": self._link(is_back=False), "previous": self._link(is_back=True), "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Describe `get_paginated_response`."""
        link = {"type": "string", "format": "uri", "nullable": True}
        following = "https://support.example.com/api/v1/tickets/?cursor=WzAsIjIwMjYtMTEtMjRUMDk6MzA6MDArMDA6MDAiXQ"
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {
                "next": link | {"description": "The following page; null on the last one.", "example": following},
                "previous": link | {"description": "The page before; null on the first one.", "example": None},
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Describe `limit` and `cursor`."""
        del view
        size = {"type": "integer", "minimum": 1, "maximum": self.max_page_size, "default": self.page_size}
        place = {"type": "string", "maxLength": MAX_CURSOR_LENGTH}
        about = "The place of a page, as `next` and `previous` carry it; follow those addresses as they are."
        return [
            {"name": LIMIT, "in": "query", "required": False, "description": "Rows a page.", "schema": size},
            {"name": CURSOR, "in": "query", "required": False, "description": about, "schema": place},
        ]

    def _link(self, *, is_back: bool) -> str | None:
        if not (self.has_previous if is_back else self.has_next) or not self.page:
            return None
        row = self.page[0] if is_back else self.page[-1]
        columns = [name.lstrip("-") for name in self.ordering]
        text = json.dumps([int(is_back), *(_text(row, name) for name in columns)], separators=(",", ":"))
        cursor = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
        return replace_query_param(remove_query_param(self.address, CURSOR), CURSOR, cursor)

    def _read_place(self, model: type[Model], cursor: str) -> Place | None:
        if not cursor:
            return None
        try:
            padded = cursor[:MAX_CURSOR_LENGTH].encode("ascii") + b"=" * (-len(cursor) % 4)
            is_back, *values = json.loads(base64.b64decode(padded, b"-_", validate=True))
            if is_unstorable(values):
                raise ValueError("not a value of any column")
            columns = [model._meta.get_field(name.lstrip("-")) for name in self.ordering]
            return Place(tuple(_value(c, v) for c, v in zip(columns, values, strict=True)), is_back == 1)
        except (ValueError, TypeError, binascii.Error, OverflowError, RecursionError, FieldError) as exc:
            raise ValidationError({CURSOR: ["This is no cursor of this list."]}) from exc


class NewestFirstPagination(KeysetPagination):
    """Pages in the order in which rows were stored, newest first."""


def read_limit(request: Request, default: int, most: int) -> int:
    """Give the number of rows asked for.

    Raises:
        ValidationError: it is no whole number from 1 to `most`.
    """
    text = request.query_params.get(LIMIT, str(default))
    if text.isascii() and text.isdigit() and len(text) <= len(str(most)) and 1 <= int(text) <= most:
        return int(text)
    raise ValidationError({LIMIT: [f"Give a whole number from 1 to {most}."]})


def _turned(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


def _after(ordering: list[str], values: tuple[Any, ...]) -> Q:
    """Build `(a, b) after (x, y)`: a after x, or a is x and b after y; a bound on the first column lets an index help."""
    name, rest = ordering[0], ordering[1:]
    column, compare = name.lstrip("-"), "lt" if name.startswith("-") else "gt"
    later = Q(**{f"{column}__{compare}": values[0]})
    if not rest:
        return later
    return Q(**{f"{column}__{compare}e": values[0]}) & (later | _after(rest, values[1:]))


def _text(row: Any, name: str) -> str | int:
    value = getattr(row, name)
    return value if isinstance(value, int) else value.isoformat() if hasattr(value, "isoformat") else str(value)


def _value(column: Any, given: Any) -> Any:
    """Read one part of a cursor as its column has it; anybody may write a cursor, so nothing is believed."""
    value = column.to_python(given)
    is_other_zone = isinstance(value, datetime) and value.utcoffset() != timedelta()
    if value is None or is_other_zone or _text_of(value) != str(given):
        raise ValueError("not a value of this column")
    return value


def _text_of(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
