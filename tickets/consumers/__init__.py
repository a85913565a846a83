"""Live lines: the widget's and the inbox's websockets, and long-polling where sockets are blocked."""

from tickets.consumers.conversation import ConversationConsumer
from tickets.consumers.inbox import InboxConsumer
from tickets.consumers.long_poll import MessagesPoll

__all__ = ["ConversationConsumer", "InboxConsumer", "MessagesPoll"]
