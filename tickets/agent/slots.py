"""Typed values found in what a customer wrote: amounts, ids, addresses, numbers, ordinals."""

import re
from collections.abc import Iterable

from supportai.core.cel import ZERO_DECIMAL
from supportai.core.models import JSONDict
from supportai.core.redaction import EMAIL

CURRENCIES = {"$": "usd", "€": "eur", "£": "gbp", "¥": "jpy"}
CODES = "usd|eur|gbp|jpy|chf|cad|aud|sek|nok|dkk|pln|inr|brl|mxn"
WORDS = {
    "dollars": "usd",
    "dollar": "usd",
    "bucks": "usd",
    "euros": "eur",
    "euro": "eur",
    "pounds": "gbp",
    "yen": "jpy",
}
# Bounded, since a figure may begin at each comma of a long one; up to 999,999,999,999.
FIGURE = r"\d[\d,]{0,14}(?:\.\d+)?"
AMOUNT = re.compile(
    rf"(?P<symbol>[$€£¥])\s?(?P<a>{FIGURE})(?!\d)|\b(?P<b>{FIGURE})\s?(?P<code>{CODES}|{'|'.join(WORDS)}|[€£¥])(?!\w)",
    re.IGNORECASE,
)
ID = re.compile(r"\b[a-z]{2,6}_[a-z0-9]+\b", re.IGNORECASE)
NUMBER = re.compile(r"\b[A-Z]{1,5}-?\d{2,}(?:-\d+)*\b|\b\d{4}-\d{2,}\b|#\s?(\d{3,})\b")
# What matters of a message stands near its start; a pasted log need not be read to its end.
MAX_CHARACTERS = 4_000
ORDINALS = {
    "first": 0, "1st": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2, "fourth": 3, "4th": 3,
    "last": -1, "latest": -1, "newest": -1, "recent": -1, "oldest": 0, "earlier": 0, "older": 0, "later": -1, "newer": -1,
}  # fmt: skip


def amounts(text: str) -> list[JSONDict]:
    """Find amounts with a currency: `{"amount_cents": in the smallest unit, "currency": code}`."""
    found = []
    for match in AMOUNT.finditer(text):
        unit = (match["symbol"] or match["code"]).lower()
        currency = CURRENCIES.get(unit) or WORDS.get(unit) or unit
        value = float((match["a"] or match["b"]).replace(",", ""))
        factor = 1 if currency in ZERO_DECIMAL else 100
        found.append({"amount_cents": round(value * factor), "currency": currency})
    return found


def find_slots(texts: Iterable[str]) -> JSONDict:
    """Collect the values of several messages (of each the first 4,000 characters), in order, without doubles.

    Keys: ids, numbers, emails, amounts, and `amount_cents` of the last amount (0 without one).
    """
    joined = "\n".join(text[:MAX_CHARACTERS] for text in texts)
    money = amounts(joined)
    emails = list(dict.fromkeys(EMAIL.findall(joined)))
    numbers = [m.group(1) or m.group() for m in NUMBER.finditer(joined)]
    return {
        "ids": list(dict.fromkeys(ID.findall(EMAIL.sub(" ", joined)))),
        "numbers": list(dict.fromkeys(numbers)),
        "emails": emails,
        "amounts": money,
        "amount_cents": money[-1]["amount_cents"] if money else 0,
    }


def ordinal(text: str) -> int | None:
    """Find a position word: 0 is the first, -1 the last."""
    for word in re.findall(r"[\w]+", text.lower()):
        if word in ORDINALS:
            return ORDINALS[word]
    return None
