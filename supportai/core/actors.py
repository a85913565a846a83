"""Who does something: passed to every use case, so that statistics never guess."""

from dataclasses import dataclass
from typing import Literal

ActorKind = Literal["contact", "staff", "ai_agent", "rule", "installation", "system"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody or something that acts; `id` is the primary key of the row behind it, if there is one."""

    kind: ActorKind
    id: int | None = None

    @classmethod
    def contact(cls, contact_id: int) -> "Actor":
        """Name a customer's person."""
        return cls("contact", contact_id)

    @classmethod
    def staff(cls, user_id: int) -> "Actor":
        """Name a member of staff."""
        return cls("staff", user_id)


AI_AGENT = Actor("ai_agent")
SYSTEM = Actor("system")
