"""Addresses of the live lines."""

from django.urls import path

from tickets.consumers import ConversationConsumer, InboxConsumer
from tickets.consumers.long_poll import with_long_poll

__all__ = ["websocket_urlpatterns", "with_long_poll"]

websocket_urlpatterns = [
    path("ws/widget/", ConversationConsumer.as_asgi()),
    path("ws/inbox/", InboxConsumer.as_asgi()),
]
