"""Rights of API requests for figures."""

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.permissions import can_see_insights


class CanSeeInsights(BasePermission):
    """Lets through who may see the dashboard."""

    message = "This needs the right to see insights: a token of a lead, an admin or AI oversight."

    def has_permission(self, request: Request, _view: APIView) -> bool:
        """Ask `accounts.permissions`."""
        return can_see_insights(request.user)
