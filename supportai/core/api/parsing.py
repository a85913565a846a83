"""Bodies of API requests: JSON in UTF-8, of bounded size and depth, with texts that every database can store."""

import json
import math
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from django.conf import settings
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

# PostgreSQL stores no NUL; a lone half of a surrogate pair cannot even be sent to it.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class BodyTooLargeError(APIException):
    """The body is longer than the product takes."""

    status_code = 413
    default_detail = "The body is too large."
    default_code = "body_too_large"


class StrictJSONParser(BaseParser):
    """Reads JSON as RFC 8259 has it; the charset of the Content-Type is not asked, since JSON is UTF-8."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """Give the document.

        Raises:
            BodyTooLargeError: over `DATA_UPLOAD_MAX_MEMORY_SIZE` bytes.
            ParseError: not JSON, nested too deeply, or with characters that cannot be stored.
        """
        del media_type, parser_context
        raw = _read(stream)
        try:
            document = json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant, parse_float=_finite)
        except UnicodeDecodeError as exc:
            raise ParseError("The body is not UTF-8.") from exc
        except ValueError as exc:
            raise ParseError(f"The body is not JSON: {exc}") from exc
        except RecursionError as exc:
            raise ParseError("The body is nested too deeply.") from exc
        # Raw control characters are no JSON, so only an escape can bring what cannot be stored.
        if b"\\u" in raw and is_unstorable(document):
            raise ParseError("The body has a NUL character or half a surrogate pair, which no text may have.")
        return document


def is_unstorable(document: Any) -> bool:
    """Tell whether any text of a JSON document, names of fields too, has a NUL or half a surrogate pair."""
    waiting = [document]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            if UNSTORABLE.search(part):
                return True
        elif isinstance(part, dict):
            waiting += [*part, *part.values()]
        elif isinstance(part, list):
            waiting += part
    return False


def _read(stream: Any) -> bytes:
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    raw: bytes = stream.read(most + 1)
    if len(raw) > most:
        raise BodyTooLargeError(f"The body is larger than {most:,} bytes.")
    return raw


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")
