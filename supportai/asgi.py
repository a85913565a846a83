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
from django.core.exceptions import ImproperlyConfigured

from supportai.server_lock import DatabaseLock, ServerLock, ServerRunsAlreadyError
from supportai.worker import Worker
from tickets.routing import websocket_urlpatterns, with_long_poll

router = ProtocolTypeRouter(
    {"http": with_long_poll(http), "websocket": AuthMiddlewareStack(URLRouter(websocket_urlpatterns))}
)


async def lifespan(receive: Any, send: Any) -> None:
    """Run the worker while the server runs, where the settings say that it lives here, and then in one server only."""
    server = EmbeddedWorker() if settings.WORKER_IN_SERVER else None
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            try:
                await asyncio.to_thread(_start, server)
            except (ServerRunsAlreadyError, ImproperlyConfigured) as exc:
                await send({"type": "lifespan.startup.failed", "message": str(exc)})
                return
            await send({"type": "lifespan.startup.complete"})
        else:
            if server:
                await asyncio.to_thread(server.stop)
            await send({"type": "lifespan.shutdown.complete"})
            return


def _start(server: "EmbeddedWorker | None") -> None:
    if settings.REFUSE_DEMO_LOGINS:
        from supportai.demo.logins import refuse_demo_logins

        refuse_demo_logins()
    if server:
        server.start()


class EmbeddedWorker:
    """The worker of this process, under the locks that keep every other server off its data."""

    def __init__(self) -> None:
        self.locks = (ServerLock(settings.DATA_DIR), DatabaseLock())
        self.worker: Worker | None = None

    def start(self) -> None:
        """Take the locks, then start.

        Raises:
            ServerRunsAlreadyError: another server holds one; nothing was started.
        """
        for lock in self.locks:
            lock.take()
        self.worker = Worker()
        self.worker.start()

    def stop(self) -> None:
        """Stop, then give the locks back."""
        if self.worker:
            self.worker.stop()
        for lock in self.locks:
            lock.release()


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Route by protocol; Channels does not know lifespan, so it is handled here."""
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    else:
        await router(scope, receive, send)
