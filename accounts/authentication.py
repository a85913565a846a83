"""Signing in to the REST API with a bearer token (RFC 6750)."""

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts import selectors
from accounts.models import ApiToken, User
from accounts.services import tokens


class ApiTokenAuthentication(BaseAuthentication):
    """Reads `Authorization: Bearer sai_…`; the request acts as the token's user."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """Give the user and the token, or None when no bearer token was sent.

        Raises:
            AuthenticationFailed: the token is unknown, revoked or expired, or its user left.
        """
        scheme, _, secret = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = selectors.token_by_secret(secret.strip())
        if token is None:
            raise AuthenticationFailed("This token is unknown, revoked or expired.")
        tokens.note_use(token)
        return token.user, token

    def authenticate_header(self, _request: Request) -> str:
        """Name the scheme, so that a missing token is a 401."""
        return 'Bearer realm="api"'
