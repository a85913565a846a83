"""What both websockets share: frames in, frames out, limits, and the headers of the handshake."""

import json
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer

from supportai.core.errors import DomainError, InvalidInputError
from supportai.core.frames import encode_frame, hub
from supportai.core.models import JSONDict

MAX_FRAME_CHARACTERS = 64_000
CLOSE_TOO_BIG = 4413
CLOSE_NOT_ALLOWED = 4403
CLOSE_NO_SESSION = 4401
# Channels would subscribe to a channel for each consumer, and refuse it while Redis is away; only the hub listens.
NO_LAYER = "none"


class FrameConsumer(AsyncWebsocketConsumer):
    """A websocket of JSON frames, where nothing that a client sends ends the connection with an exception."""

    channel_layer_alias = NO_LAYER

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve, and leave the hub however that ends: `disconnect` is not called after an exception."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await hub.forget(self)

    def header(self, name: str) -> str:
        """Give a header of the handshake, or an empty text."""
        wanted = name.lower().encode()
        return next((value.decode("latin-1") for key, value in self.scope["headers"] if key == wanted), "")

    async def send_frame(self, frame: JSONDict) -> None:
        """Write one frame to this socket alone."""
        await self.send(text_data=encode_frame(frame))

    async def send_refusal(self, error: DomainError, client_id: object = None) -> None:
        """Tell the client what was refused, and for which of its messages."""
        about = {} if client_id is None else {"client_id": str(client_id)}
        await self.send_frame({"type": "error", "code": error.code, "text": error.message, **error.extra, **about})

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Take one frame; a broken one is answered with an error frame, a huge one closes the socket."""
        if len(text_data or bytes_data or "") > MAX_FRAME_CHARACTERS:
            await self.close(code=CLOSE_TOO_BIG)
            return
        content: Any = None
        try:
            content = decode(text_data)
            await self.take(content)
        except DomainError as exc:
            await self.send_refusal(exc, content.get("client_id") if content else None)

    async def take(self, content: JSONDict) -> None:
        """Handle one decoded frame; a subclass says how.

        Raises:
            DomainError: it was refused; the client is told.
        """
        raise NotImplementedError


def decode(text_data: str | None) -> JSONDict:
    """Decode a frame.

    Raises:
        InvalidInputError: binary, no JSON, or no object.
    """
    try:
        content = json.loads(text_data or "")
    except (ValueError, RecursionError) as exc:
        raise InvalidInputError("A frame is a JSON object in a text message.") from exc
    if not isinstance(content, dict):
        raise InvalidInputError("A frame is a JSON object in a text message.")
    return content
