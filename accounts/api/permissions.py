"""Rights of API requests: the token's scope, then the right of the user it acts as."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.permissions import SAFE_METHODS, BasePermission

from accounts import permissions
from accounts.models import ApiToken

if TYPE_CHECKING:
    # Loaded while rest_framework.views itself loads, since settings name HasScope.
    from rest_framework.request import Request
    from rest_framework.views import APIView


class HasScope(BasePermission):
    """Lets reading through with the scope `read`, everything else with `write`."""

    message = "This token's scopes do not allow it."

    def has_permission(self, request: Request, _view: APIView) -> bool:
        """Compare the method with the token's scopes; requests without a token are refused."""
        scope = ApiToken.Scope.READ if request.method in SAFE_METHODS else ApiToken.Scope.WRITE
        return isinstance(request.auth, ApiToken) and request.auth.allows(scope)


class CanSeeInbox(BasePermission):
    """Lets through who may read tickets."""

    message = "This needs the right to read tickets."

    def has_permission(self, request: Request, _view: APIView) -> bool:
        """Ask `accounts.permissions`."""
        return permissions.can_see_inbox(request.user)


class VouchesToWrite(BasePermission):
    """Lets a token that may vouch write, if its user may answer customers; reading is left to the others."""

    message = "Writing this needs a token with the scope vouch, of a user who may answer customers."

    def has_permission(self, request: Request, _view: APIView) -> bool:
        """Ask the token, then `accounts.permissions`."""
        if request.method in SAFE_METHODS:
            return True
        may_vouch = isinstance(request.auth, ApiToken) and request.auth.allows(ApiToken.Scope.VOUCH)
        return may_vouch and permissions.can_reply(request.user)
