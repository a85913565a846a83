"""Plain data of other systems as people read it: amounts as money, times as days, names without underscores."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from supportai.core.cel import day, money

CENTS = "_cents"


def plainly(name: str, value: Any, *, currency: str = "") -> tuple[str, str]:
    """Write one value with its name: `amount_cents` of 4900 as `amount` of `$49.00`, an ISO time as its day."""
    is_amount = isinstance(value, int) and not isinstance(value, bool) and name.endswith(CENTS)
    if is_amount:
        return name.removesuffix(CENTS).replace("_", " "), money(value, currency or "usd")
    return name.replace("_", " "), _as_day(value) if isinstance(value, str) else str(value)


def facts_of(row: Mapping[str, Any]) -> list[str]:
    """Write a row's plain values as `name value`, amounts first; ids, empty ones and a shown currency are left out.

    The order is ours, since PostgreSQL keeps none in its JSON objects.
    """
    currency = str(row.get("currency") or "")
    has_amounts = any(name.endswith(CENTS) for name in row)
    skipped = {"id", "currency"} if has_amounts else {"id"}
    shown = [(n, v) for n, v in row.items() if n not in skipped and isinstance(v, str | int) and v != ""]
    ordered = sorted(shown, key=lambda pair: (not pair[0].endswith(CENTS), pair[0]))
    return [" ".join(plainly(name, value, currency=currency)) for name, value in ordered]


def _as_day(text: str) -> str:
    """Write an ISO time as its day; every other text stays, numbers included."""
    try:
        return day(datetime.fromisoformat(text)) if text[4:5] == "-" and text[7:8] == "-" else text
    except ValueError:
        return text
