"""Why a call of a model failed, told from the wire and not from the words of the client libraries.

The libraries wrap each other's errors, and put keys and prompts into their messages; the status, the kind of content and
the deadline say all that is needed.
"""

from collections.abc import Iterator
from http import HTTPStatus

from integrations.errors import ModelError
from integrations.services.generators.transport import Exchange

# Names, because httpx and its successor both raise them, and importing both here would cost every process.
TIMEOUTS = frozenset({"TimeoutException", "TimeoutError"})
BROKEN = frozenset({"TransportError", "NetworkError", "ProtocolError", "StreamError"})
# How the libraries call an error that came inside a stream.
REPORTED = frozenset({"APIError", "ResponseError"})
REFUSALS = {
    HTTPStatus.BAD_REQUEST: "It refused the request; see whether the model can do what is asked of it.",
    HTTPStatus.UNAUTHORIZED: "It does not accept the key.",
    HTTPStatus.PAYMENT_REQUIRED: "It wants to be paid first.",
    HTTPStatus.FORBIDDEN: "The key may not use this model.",
    HTTPStatus.NOT_FOUND: "It knows no such model, or nothing is at this address.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The request is larger than it takes.",
}
OVERLOADED = 529


def failure_of(error: Exception | None, wire: Exchange, *, has_chunks: bool) -> ModelError:
    """Turn what a generator raised (or that it came to no end) into a failure with its reason."""
    names = {name for exc in _chain(error) for name in (kind.__name__ for kind in type(exc).__mro__)}
    if wire.is_over or names & TIMEOUTS:
        return ModelError("timeout", "It did not answer in time.", retry_after=wire.retry_after)
    if wire.status is None:
        return _without_answer(error, names)
    if wire.status != HTTPStatus.OK:
        return _by_status(wire)
    if wire.content_type == "text/html":
        return ModelError("malformed", "A web page answered, not a model; see whether the address is right.")
    return _broken_answer(error, names, has_chunks=has_chunks)


def _without_answer(error: Exception | None, names: set[str]) -> ModelError:
    if names & (BROKEN | {"OSError"}):
        return ModelError("unreachable", "There is no connection to it.")
    if names & {"ValueError", "TypeError", "ImportError", "InvalidURL", "UnsupportedProtocol"}:
        return ModelError("refused", "It cannot be asked with these settings; see kind, address and key.")
    return ModelError("unreachable", f"It could not be asked ({type(error).__name__}).")


def _by_status(wire: Exchange) -> ModelError:
    status = wire.status or 0
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return ModelError("rate_limited", "It was asked too often (429).", retry_after=wire.retry_after)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        word = "is overloaded" if status in {HTTPStatus.SERVICE_UNAVAILABLE, OVERLOADED} else "fails"
        return ModelError("unreachable", f"It {word} ({status}).", retry_after=wire.retry_after)
    said = REFUSALS.get(HTTPStatus(status)) if status in set(HTTPStatus) else None
    return ModelError("refused", f"{said or 'It refused the request.'} ({status})")


def _broken_answer(error: Exception | None, names: set[str], *, has_chunks: bool) -> ModelError:
    # Haystack's generator for Ollama adds up the tokens of a last piece that is missing: a TypeError.
    is_cut = error is None or "TypeError" in names
    if names & (BROKEN | REPORTED) or (is_cut and has_chunks):
        return ModelError("cut_off", "The answer ended in the middle.")
    if error is None:
        return ModelError("empty", "The model said nothing.")
    return ModelError("malformed", f"The answer has not the form of this kind of model ({_root(error)}).")


def _root(error: BaseException) -> str:
    """Name the error that a library wrapped."""
    *_, root = (exc for exc in _chain(error) if not isinstance(exc, StopIteration))
    return type(root).__name__


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Give an error and all that it was made from."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
