"""ASGI entry: HTTP through Django, websockets through Channels, the embedded worker in the lifespan."""

import asyncio
import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "supportai.settings.dev")

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

http = get_asgi_application()

from django.conf import settings

from supportai.worker import Worker
from tickets.routing import websocket_urlpatterns, with_long_poll

router = ProtocolTypeRouter(
    {"http": with_long_poll(http), "websocket": AuthMiddlewareStack(URLRouter(websocket_urlpatterns))}
)


async def lifespan(receive: Any, send: Any) -> None:
    """Run the worker while the server runs, where the settings say that it lives here."""
    worker = Worker() if settings.WORKER_IN_SERVER else None
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            if worker:
                await asyncio.to_thread(worker.start)
            await send({"type": "lifespan.startup.complete"})
        else:
            if worker:
                await asyncio.to_thread(worker.stop)
            await send({"type": "lifespan.shutdown.complete"})
            return


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Route by protocol; Channels does not know lifespan, so it is handled here."""
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    else:
        await router(scope, receive, send)
