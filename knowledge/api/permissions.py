"""Rights of API requests on knowledge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.permissions import SAFE_METHODS, BasePermission

from accounts.permissions import can_configure, can_see_inbox

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView


class ReadsOrWritesArticles(BasePermission):
    """Lets staff read articles, and who may configure the product change them."""

    message = "This needs the right to change articles."

    def has_permission(self, request: Request, _view: APIView) -> bool:
        """Ask `accounts.permissions`."""
        return can_see_inbox(request.user) if request.method in SAFE_METHODS else can_configure(request.user)
