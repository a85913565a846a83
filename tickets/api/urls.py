"""Addresses under /api/v1/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from tickets.api.views import MessageViewSet, RunViewSet, TicketViewSet

router = SimpleRouter(use_regex_path=False)
router.register("tickets", TicketViewSet, basename="ticket")
router.register("runs", RunViewSet, basename="run")

urlpatterns = [
    *router.urls,
    path(
        "tickets/<uuid:ticket_id>/messages/",
        MessageViewSet.as_view({"get": "list", "post": "create"}),
        name="ticket-messages",
    ),
]
