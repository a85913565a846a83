"""Form fields that spare people JSON: lists as lines, mappings as `name: value` lines."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError


class LinesField(forms.CharField):
    """Edits a list of texts, one a line; blank lines are dropped."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.Textarea)
        kwargs.setdefault("required", False)
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Write a stored list as lines; what was typed stays as it is."""
        return "\n".join(map(str, value)) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> Any:
        """Read lines as a list."""
        lines = value if isinstance(value, list | tuple) else str(value or "").splitlines()
        return [line.strip() for line in lines if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare what the lines mean."""
        return bool(self.to_python(initial) != self.to_python(data))


class PairsField(forms.CharField):
    """Edits a mapping of texts, one `name: value` a line, in the order written."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.Textarea)
        kwargs.setdefault("required", False)
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Write a stored mapping as lines; what was typed stays as it is."""
        return "\n".join(f"{k}: {v}" for k, v in value.items()) if isinstance(value, Mapping) else value

    def to_python(self, value: Any) -> Any:
        """Read lines as a mapping.

        Raises:
            ValidationError: a line has no colon, no name, or a name comes twice.
        """
        if isinstance(value, Mapping):
            return dict(value)
        pairs: dict[str, str] = {}
        for line in filter(str.strip, str(value or "").splitlines()):
            name, colon, text = (part.strip() for part in line.partition(":"))
            if not colon or not name or not text:
                raise ValidationError(f"Write each line as name: value. This one is not: {line.strip()}")
            if name in pairs:
                raise ValidationError(f"{name} is there twice.")
            pairs[name] = text
        return pairs

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare what the lines mean; lines that cannot be read have changed."""
        try:
            return bool(self.to_python(initial) != self.to_python(data))
        except ValidationError:
            return True
