"""What a widget may send, over websocket and HTTP alike, checked before anything happens.

The wire format is documented in docs/widget.md; unknown fields are ignored, so that newer widgets can talk to us.
"""

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from supportai.core.errors import InvalidInputError

MAX_SEQUENCE = 2**31 - 1
MAX_TEXT = 20_000
MAX_TOKEN = 8192
MAX_FILES = 5
MAX_WAIT_SECONDS = 25

Short = Annotated[str, Field(max_length=300)]


class _Frame(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Page(_Frame):
    """The page that the customer chose to share."""

    url: Annotated[str, Field(max_length=2000)] = ""
    title: Short = ""
    headings: Annotated[list[Short], Field(max_length=30)] = []


class Hello(_Frame):
    """Who speaks, in which conversation, and the last sequence it has; without a ticket nothing is resumed."""

    session: Annotated[str, Field(min_length=1, max_length=MAX_TOKEN)]
    ticket: UUID | None = None
    after: Annotated[int, Field(ge=0, le=MAX_SEQUENCE)] = 0


class Say(_Frame):
    """A customer's message."""

    client_id: UUID
    ticket: UUID | None = None
    text: Annotated[str, Field(max_length=MAX_TEXT)] = ""
    page: Page | None = None
    attachments: Annotated[list[UUID], Field(max_length=MAX_FILES)] = []


class AskPerson(_Frame):
    """The button "Talk to a person"."""

    ticket: UUID | None = None


class Rate(_Frame):
    """A rating of the resolved episode."""

    ticket: UUID
    score: Annotated[int, Field(ge=1, le=5)]
    comment: Annotated[str, Field(max_length=2000)] = ""


class Missed(_Frame):
    """A question for messages after a sequence; the answer may take `wait` seconds."""

    ticket: UUID
    after: Annotated[int, Field(ge=0, le=MAX_SEQUENCE)] = 0
    wait: Annotated[int, Field(ge=0)] = 0

    @property
    def patience_seconds(self) -> int:
        """Give the time to wait, at most 25 seconds, so that no proxy loses patience first."""
        return min(self.wait, MAX_WAIT_SECONDS)


class Open(_Frame):
    """The start of a session."""

    brand: Annotated[str, Field(min_length=1, max_length=60)]
    identity: Annotated[str, Field(max_length=MAX_TOKEN)] | None = None
    session: Annotated[str, Field(max_length=MAX_TOKEN)] | None = None


F = TypeVar("F", bound=_Frame)


def parse(form: type[F], content: Mapping[str, Any]) -> F:
    """Check what came in.

    Raises:
        InvalidInputError: the message names the first field that cannot be used.
    """
    try:
        return form.model_validate(content)
    except ValidationError as exc:
        first = exc.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "frame"
        raise InvalidInputError(f"{field}: {first['msg']}.", field=field) from exc
