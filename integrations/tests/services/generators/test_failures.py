"""Reasons told from the wire: status, kind of content, deadline, and the kind of error at the bottom."""

import json
import time
from http import HTTPStatus
from typing import Any

import httpx
import httpx2
import pytest

from integrations.services.generators.failures import failure_of
from integrations.services.generators.transport import Exchange

SECRET = "sk-secret and the customer's words"


def wire(status: int | None = None, kind: str = "text/event-stream", *, seconds_left: float = 10) -> Exchange:
    return Exchange(ends_at=time.monotonic() + seconds_left, status=status, content_type=kind)


def wrapped(error: Exception) -> RuntimeError:
    """Wrap as Google's generator does, with everything in the message."""
    try:
        raise RuntimeError(f"Error: {SECRET}") from error
    except RuntimeError as exc:
        return exc


def reason(error: Exception | None, exchange: Exchange, *, has_chunks: bool = False) -> str:
    failure = failure_of(error, exchange, has_chunks=has_chunks)
    assert SECRET not in failure.message
    return failure.reason


ERRORS: list[Any] = [
    TypeError(SECRET),
    KeyError(SECRET),
    AttributeError(SECRET),
    IndexError(SECRET),
    AssertionError(SECRET),
]


@pytest.mark.parametrize("error", [*ERRORS, None])
def test_after_the_deadline_everything_is_a_timeout(error):
    assert reason(error, wire(200, seconds_left=-1)) == "timeout"


@pytest.mark.parametrize("library", [httpx, httpx2])
@pytest.mark.parametrize("name", ["ConnectTimeout", "ReadTimeout", "WriteTimeout", "PoolTimeout"])
def test_the_libraries_own_timeouts_are_timeouts(library, name):
    assert reason(wrapped(getattr(library, name)("late")), wire()) == "timeout"


@pytest.mark.parametrize("library", [httpx, httpx2])
@pytest.mark.parametrize("name", ["ConnectError", "ReadError", "RemoteProtocolError"])
def test_before_and_after_the_head_a_broken_line_means_different_things(library, name):
    error = wrapped(getattr(library, name)("broken"))
    assert reason(error, wire()) == "unreachable"
    assert reason(error, wire(200), has_chunks=True) == "cut_off"


@pytest.mark.parametrize("error", [ConnectionRefusedError("no"), OSError("no route"), *ERRORS[1:]])
def test_without_an_answer_it_is_unreachable(error):
    assert reason(error, wire()) == "unreachable"


@pytest.mark.parametrize("error", [ValueError("no key"), TypeError("no"), ImportError("no such package")])
def test_what_cannot_even_be_asked_is_refused(error):
    assert reason(error, wire()) == "refused"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (429, "rate_limited"),
        (500, "unreachable"),
        (502, "unreachable"),
        (503, "unreachable"),
        (529, "unreachable"),
        (599, "unreachable"),
        (400, "refused"),
        (401, "refused"),
        (402, "refused"),
        (403, "refused"),
        (404, "refused"),
        (413, "refused"),
        (499, "refused"),
        (302, "refused"),
        (204, "refused"),
    ],
)
@pytest.mark.parametrize("error", [None, wrapped(ValueError(SECRET))])
def test_each_status_has_its_reason_whatever_was_raised(status, expected, error):
    assert reason(error, wire(status)) == expected


@pytest.mark.parametrize("status", [400, 401, 404, 503])
def test_the_message_names_the_status(status):
    assert str(status) in failure_of(None, wire(status), has_chunks=False).message


def test_a_wrong_key_is_said_in_words():
    assert "key" in failure_of(None, wire(HTTPStatus.UNAUTHORIZED), has_chunks=False).message


@pytest.mark.parametrize(("has_chunks", "expected"), [(False, "empty"), (True, "cut_off")])
def test_an_answer_that_just_ends_is_empty_or_cut_off(has_chunks, expected):
    assert reason(None, wire(200), has_chunks=has_chunks) == expected


@pytest.mark.parametrize("error", [*ERRORS, json.JSONDecodeError("bad", SECRET, 0)])
def test_what_the_libraries_choke_on_is_malformed(error):
    assert reason(wrapped(error), wire(200)) == "malformed"


@pytest.mark.parametrize("has_chunks", [True, False])
def test_a_web_page_is_malformed(has_chunks):
    assert reason(None, wire(200, "text/html"), has_chunks=has_chunks) == "malformed"


def test_the_error_at_the_bottom_is_named_and_not_quoted():
    failure = failure_of(wrapped(wrapped(AttributeError(SECRET))), wire(200), has_chunks=False)
    assert "AttributeError" in failure.message


def test_errors_that_point_at_each_other_end():
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first
    assert reason(first, wire(200)) == "malformed"
