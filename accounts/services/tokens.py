"""API tokens: issue, use, revoke."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import ApiToken
from supportai.core import clock
from supportai.core.errors import InvalidInputError

# Writing the time of use on every request would make each read a write.
USE_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token with its secret, which nobody can read again."""

    token: ApiToken
    secret: str


def issue_token(*, user_id: int, name: str, scopes: Iterable[str], expires_at: datetime | None = None) -> IssuedToken:
    """Make a token that acts with a user's rights, inside its scopes.

    Raises:
        InvalidInputError: no scope, an unknown one, or an end in the past.
    """
    wanted = sorted(set(scopes))
    if not wanted or not set(wanted) <= set(ApiToken.Scope.values):
        raise InvalidInputError(f"Choose at least one of: {', '.join(ApiToken.Scope.values)}.")
    if expires_at is not None and expires_at <= clock.now():
        raise InvalidInputError("The token would have expired already.")
    secret = ApiToken.new_secret()
    token = ApiToken.objects.create(
        user_id=user_id, name=name, scopes=wanted, expires_at=expires_at, digest=ApiToken.digest_of(secret)
    )
    return IssuedToken(token, secret)


@transaction.atomic
def rotate_token(*, token_id: int) -> IssuedToken:
    """Revoke a token and issue one of the same name, scopes, user and end in its place.

    Raises:
        InvalidInputError: it was revoked or has expired already; nothing was changed.
    """
    old = ApiToken.objects.select_for_update().get(pk=token_id)
    if not old.is_usable:
        raise InvalidInputError("This token does not work any more. Make a new one.")
    revoke_token(token_id=old.pk)
    return issue_token(user_id=old.user_id, name=old.name, scopes=old.scopes, expires_at=old.expires_at)


def revoke_token(*, token_id: int) -> None:
    """Make a token useless at once; doing it again changes nothing."""
    ApiToken.objects.filter(pk=token_id).update(is_revoked=True, updated_at=clock.now())


def note_use(token: ApiToken) -> None:
    """Remember when a token was used, to the minute."""
    now = clock.now()
    if token.last_used_at is None or now - token.last_used_at >= USE_NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
