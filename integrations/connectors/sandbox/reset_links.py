"""Links by which the customers of the sandbox choose a new password: signed, and good for an hour."""

from datetime import timedelta

from django.conf import settings
from django.core.signing import BadSignature, SignatureExpired, dumps, loads
from django.urls import reverse

from supportai.core.errors import DomainError

SALT = "sandbox.password_reset"
VALID_FOR = timedelta(hours=1)


class ResetLinkError(DomainError):
    """The link is too old, or nobody made it."""

    code = "reset_link_not_valid"
    status = 410


def reset_link(account_id: str) -> str:
    """Make the link for an account."""
    token = dumps({"account": account_id}, salt=SALT)
    return f"{settings.PUBLIC_URL}{reverse('sandbox:reset')}?token={token}"


def account_of_link(token: str) -> str:
    """Give the account that a link is for.

    Raises:
        ResetLinkError: it is older than an hour, or was not made here.
    """
    try:
        return str(loads(token, salt=SALT, max_age=VALID_FOR)["account"])
    except SignatureExpired as exc:
        raise ResetLinkError("This link is too old. Ask in the chat for a new one.") from exc
    except BadSignature as exc:
        raise ResetLinkError("This link is not complete. Copy all of it from the mail.") from exc
