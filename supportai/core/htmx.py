"""What an answer rings in the page that asked."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django_htmx.http import trigger_client_event


def ring_page(response: HttpResponse, name: str, detail: Mapping[str, Any] | None = None) -> HttpResponse:
    """Let an event happen at the page's body when the answer arrives.

    HTMX's default is the element that asked; a ring of the websocket may have replaced that one already, and an event
    at an element outside the page reaches nobody.
    """
    return trigger_client_event(response, name, {"target": "body", **(detail or {})})
