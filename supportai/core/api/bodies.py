"""What requests say: fields that nothing reads are refused, so that a misspelt one is noticed."""

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


def valid(body: Body) -> dict[str, Any]:
    """Give checked input.

    Raises:
        ValidationError: a mistake, with the name of its field.
    """
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)
