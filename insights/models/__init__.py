"""What insights keep: how each episode of a ticket ended."""

from insights.models.outcome import Outcome

__all__ = ["Outcome"]
