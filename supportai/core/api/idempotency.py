"""Doing things once: the answer is stored with what was done, in one transaction, under the client's key."""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from supportai.core import clock
from supportai.core.errors import DomainError, InvalidInputError
from supportai.core.models import IdempotentAnswer

KEPT_FOR = timedelta(days=1)
MAX_KEY_LENGTH = 200
HEADER = "Idempotency-Key"

IDEMPOTENCY_KEY = OpenApiParameter(
    HEADER,
    {"type": "string", "minLength": 1, "maxLength": MAX_KEY_LENGTH},
    OpenApiParameter.HEADER,
    description=(
        "A name of your own for this request, such as an order number or a UUID. The same key with the same body does "
        "it once, also when both arrive together, and gives the first answer again for a day, marked "
        "`Idempotent-Replayed: true`. The same key with another body is refused with 422. A key belongs to the token's "
        "user and the address."
    ),
)


class KeyReusedError(DomainError):
    """A key names one request; this one is another."""

    code = "idempotency_key_reused"
    status = 422


def once(request: Request, create: Callable[[], tuple[Any, int]]) -> Response:
    """Run `create()` (body, status) once per `Idempotency-Key`; a repeat gets the stored answer.

    A repeat that arrives meanwhile waits for the first at the unique key, whichever process has it. What `create` does
    must end with its transaction: where it raises, the key is free again.

    Raises:
        KeyReusedError: the key was used before with another body.
        InvalidInputError: the key is too long.
    """
    key = request.headers.get(HEADER, "")
    if len(key) > MAX_KEY_LENGTH:
        raise InvalidInputError(f"{HEADER} is longer than {MAX_KEY_LENGTH} characters.")
    if not key:
        body, status = create()
        return Response(body, status=status)
    with transaction.atomic():
        answer = _claim(place_of(request, key), fingerprint_of(request))
        if answer.status is not None:
            return Response(answer.body, status=answer.status, headers={"Idempotent-Replayed": "true"})
        body, answer.status = create()
        answer.body = json.loads(json.dumps(body, cls=DjangoJSONEncoder))
        answer.save(update_fields=["status", "body"])
    return Response(answer.body, status=answer.status)


def forget_answers() -> int:
    """Delete answers past their time; returns how many."""
    return IdempotentAnswer.objects.filter(created_at__lt=clock.now() - KEPT_FOR).delete()[0]


def place_of(request: Request, key: str) -> str:
    """Give where a key's answer is kept: keys of other users, methods and addresses never meet."""
    return _digest(f"{request.user.pk}:{request.method}:{request.path}:{key}")


def fingerprint_of(request: Request) -> str:
    """Give what tells one body from another, whatever the order of its fields."""
    return _digest(json.dumps(request.data, sort_keys=True, default=str))


def _claim(place: str, fingerprint: str) -> IdempotentAnswer:
    # The insert waits for an unfinished one of the same place; after that one's commit it does nothing.
    IdempotentAnswer.objects.bulk_create(
        [IdempotentAnswer(place=place, fingerprint=fingerprint)], ignore_conflicts=True
    )
    answer = IdempotentAnswer.objects.select_for_update().get(place=place)
    if answer.created_at < clock.now() - KEPT_FOR:
        answer.fingerprint, answer.status, answer.created_at = fingerprint, None, clock.now()
        answer.save(update_fields=["fingerprint", "status", "created_at"])
    if answer.fingerprint != fingerprint:
        raise KeyReusedError(f"This {HEADER} was used with another body.")
    return answer


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
