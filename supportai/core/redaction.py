"""Personal data and secrets removed from a text before it is logged, quoted outside or learned from."""

import re
from collections.abc import Callable

# Patterns meet texts of strangers, so none may be slower than linear: a run is tried from its start only, or is bounded.
EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
CARD = re.compile(r"(?<!\d)(?:\d[ -]?){12,18}\d(?!\d)")
IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b")
PHONE = re.compile(r"(?<![\w+])\+\d[\d ().-]{7,16}\d(?!\w)")
SECRET = re.compile(
    r"\b(?:sk|pk|rk|ghp|gho|xox[abp]|AKIA|whsec)[-_][A-Za-z0-9_-]{10,}\b|\beyJ[\w-]{1,1000}\.[\w-]+\.[\w-]+"
    r"|\b(?:password|passwd|secret|token|api[-_ ]?key)\s*[:=]\s*\S+",
    re.IGNORECASE,
)
LUHN_DOUBLED_OVER = 9


def is_card_number(digits: str) -> bool:
    """Check the Luhn digit (ISO/IEC 7812-1, annex B) of a text; separators are ignored."""
    numbers = [int(c) for c in digits if c.isdigit()]
    total = 0
    for position, number in enumerate(reversed(numbers)):
        doubled = number * 2 if position % 2 else number
        total += doubled - LUHN_DOUBLED_OVER if doubled > LUHN_DOUBLED_OVER else doubled
    return total % 10 == 0


def _mask_card(match: re.Match[str]) -> str:
    return "[card]" if is_card_number(match.group()) else match.group()


RULES: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (SECRET, "[secret]"),
    (EMAIL, "[email]"),
    (CARD, _mask_card),
    (IBAN, "[account]"),
    (PHONE, "[phone]"),
)


def redact(text: str) -> str:
    """Mask mail addresses, card and account numbers, phone numbers and secrets; the rest stays as it is."""
    for pattern, replacement in RULES:
        text = pattern.sub(replacement, text)
    return text
