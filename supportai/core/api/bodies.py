"""Bodies: of requests, where a field that nothing reads is refused, and of answers, which are described as they are."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

# The largest that a 64-bit column takes.
BIGGEST = 2**63 - 1


class Body(serializers.Serializer[Any]):
    """The base of every body and query that the API takes."""

    def to_internal_value(self, data: Any) -> Any:
        """Check the fields.

        Raises:
            ValidationError: one is missing, makes no sense or does not exist.
        """
        if isinstance(data, Mapping):
            unknown = [str(name)[:80] for name in data if name not in self.fields]
            if unknown:
                raise serializers.ValidationError({name: ["There is no such field."] for name in unknown[:10]})
        return super().to_internal_value(data)


class Shown(serializers.ModelSerializer[Any]):
    """The base of what is shown of a row; the description tells that a choice or a slug may be empty."""

    def build_standard_field(self, field_name: str, model_field: Any) -> Any:
        """Show slugs and addresses as text: an empty one does not match what the description would promise."""
        kind, options = super().build_standard_field(field_name, model_field)
        if kind not in {serializers.SlugField, serializers.EmailField}:
            return kind, options
        return serializers.CharField, {name: value for name, value in options.items() if name != "allow_unicode"}

    def include_extra_kwargs(self, kwargs: Any, extra_kwargs: Any) -> Any:
        """Keep for choices what the framework drops from every field that is only read."""
        may_be_empty = "choices" in kwargs and kwargs.get("allow_blank", False)
        kept = super().include_extra_kwargs(kwargs, extra_kwargs)
        return {**kept, "allow_blank": True} if may_be_empty else kept


def valid(body: Body) -> dict[str, Any]:
    """Give checked input.

    Raises:
        ValidationError: a mistake, with the name of its field.
    """
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)
