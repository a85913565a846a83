"""Filters of lists: a value or a name that makes no sense is refused, never ignored."""

from datetime import UTC, datetime
from typing import Any

import django_filters
from django import forms
from django.db import models
from django.db.models import QuerySet
from django_filters.fields import IsoDateTimeField
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from supportai.core.api.paging import CURSOR, LIMIT

# The largest that a column of whole numbers takes in every database.
MOST = 2**31 - 1
# Python reads a flood of digits as a time and drops what is too many.
LONGEST_TIME = 40


class TimeField(IsoDateTimeField):
    """A time as ISO 8601 has it, given in UTC."""

    def clean(self, value: Any) -> datetime | None:
        """Turn it to UTC; in years 1 and 9999 that may leave the calendar."""
        if len(value or "") > LONGEST_TIME:
            raise forms.ValidationError("This is no time.")
        cleaned = super().clean(value)
        try:
            return cleaned.astimezone(UTC) if cleaned else None
        except OverflowError as exc:
            raise forms.ValidationError("This time is outside of the calendar.") from exc


class TimeFilter(django_filters.IsoDateTimeFilter):
    """Compares with a time; without an offset it is UTC."""

    field_class = TimeField


@extend_schema_field(OpenApiTypes.BOOL)
class YesNoFilter(django_filters.TypedChoiceFilter):
    """Takes `true` or `false` and nothing else."""

    def __init__(self, **options: Any) -> None:
        options |= {"choices": [("true", "true"), ("false", "false")], "coerce": _is_true}
        super().__init__(**options)


@extend_schema_field({"type": "integer", "minimum": 0, "maximum": MOST})
class WholeNumberFilter(django_filters.Filter):
    """Takes a whole number."""

    field_class = forms.IntegerField

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"min_value": 0, "max_value": MOST} | options)


class ListFilter(django_filters.FilterSet):
    """What the filters of all lists share: times of creation and change, and columns that are read strictly."""

    created_after = TimeFilter(field_name="created_at", lookup_expr="gte", help_text="Created at this time or later.")
    created_before = TimeFilter(field_name="created_at", lookup_expr="lt", help_text="Created before this time.")
    updated_after = TimeFilter(field_name="updated_at", lookup_expr="gte", help_text="Changed at this time or later.")

    class Meta:
        filter_overrides = {models.BooleanField: {"filter_class": YesNoFilter}}


class StrictFilterBackend(DjangoFilterBackend):
    """Narrows lists by their filters; a name that a list does not know is a mistake of the client's."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        """Narrow a list; an object at its own address is not filtered.

        Raises:
            ValidationError: an unknown name, or a value that its filter cannot read.
        """
        is_list = not getattr(view, "detail", False)
        filters = self.get_filterset(request, queryset, view) if is_list else None
        refuse_unknown(request, {*(filters.filters if filters else ()), *((LIMIT, CURSOR) if is_list else ())})
        if filters is None:
            return queryset
        if not filters.is_valid():
            raise ValidationError(filters.errors)
        narrowed: QuerySet[Any] = filters.qs
        return narrowed


def refuse_unknown(request: Request, known: set[str]) -> None:
    """Refuse query parameters that nothing reads; a misspelt filter would otherwise give everything.

    Raises:
        ValidationError: there is one.
    """
    unknown = sorted(set(request.query_params) - known)
    if unknown:
        raise ValidationError({name[:80]: ["There is no such parameter."] for name in unknown[:10]})


def _is_true(text: str) -> bool:
    return text == "true"
