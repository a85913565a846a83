"""Vectors from an endpoint, over real HTTP."""

import time
from collections.abc import Iterator

import pytest

from integrations.errors import ModelError
from integrations.services import embeddings
from integrations.services.embeddings import EmbeddingEndpoint, batches, embed_texts
from supportai.tests.model_server import ModelServer
from supportai.tests.model_wire import embedding

FAST = 0.4


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer(pause_seconds=0.02, retry_after="") as running:
        yield running


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embeddings, "FIRST_WAIT_SECONDS", 0.01)


def at(server: ModelServer, **changes: object) -> EmbeddingEndpoint:
    values = {"base_url": server.openai_url, "model": "small", "dimensions": 384, "api_key": "sk-secret-key"}
    return EmbeddingEndpoint(**{**values, "timeout_seconds": 5.0, **changes})


def product(left: list[float], right: list[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))


def test_each_text_has_its_vector_in_order(server):
    texts = ["How do I get a refund?", "Where is my parcel?"]
    assert embed_texts(at(server), texts) == [pytest.approx(embedding(text)) for text in texts]


def test_similar_texts_are_nearer_than_others(server):
    asked, near, far = embed_texts(at(server), ["refund my order", "refunds of orders", "change the password"])
    assert product(asked, near) > product(asked, far) + 0.2


def test_the_key_and_the_model_are_sent(server):
    embed_texts(at(server), ["x"])
    (request,) = server.requests
    assert request.headers["authorization"] == "Bearer sk-secret-key"
    assert request.body == {"model": "small", "input": ["x"]}


def test_an_endpoint_without_a_key_gets_none(server):
    embed_texts(at(server, api_key=""), ["x"])
    assert "authorization" not in server.requests[0].headers


def test_a_model_that_shortens_is_told_the_length(server):
    (vector,) = embed_texts(at(server, model="text-embedding-3-small", dimensions=32), ["x"])
    assert len(vector) == 32
    assert server.requests[0].body["dimensions"] == 32


def test_many_texts_go_in_batches(server):
    texts = [f"text {number}" for number in range(150)]
    vectors = embed_texts(at(server), texts)
    assert [len(request.body["input"]) for request in server.requests] == [64, 64, 22]
    assert vectors[149] == pytest.approx(embedding("text 149"))


def test_long_texts_make_smaller_batches():
    sizes = [len(batch) for batch in batches(["x" * 60_000, "x" * 60_000, "x" * 30_000, "y"])]
    assert sizes == [1, 3]


def test_no_texts_ask_nobody(server):
    assert embed_texts(at(server), []) == []
    assert server.requests == []


def test_a_text_without_letters_is_sent_as_something(server):
    embed_texts(at(server), ["  "])
    assert server.requests[0].body["input"] == ["-"]


@pytest.mark.parametrize("fault", ["rate_limited", "overloaded", "server_error", "broken"])
def test_one_that_is_busy_is_asked_again(server, fault):
    server.script(fault, fault)
    assert len(embed_texts(at(server), ["x"])) == 1
    assert len(server.requests) == 3


def test_patience_ends_after_four_attempts(server):
    server.fault = "server_error"
    with pytest.raises(ModelError) as caught:
        embed_texts(at(server), ["x"])
    assert (caught.value.reason, len(server.requests)) == ("unreachable", 4)


def test_a_wait_longer_than_the_time_left_is_not_begun(server):
    server.fault, server.retry_after = "rate_limited", "60"
    started = time.monotonic()
    with pytest.raises(ModelError) as caught:
        embed_texts(at(server), ["x"])
    assert (caught.value.reason, caught.value.retry_after) == ("rate_limited", 60.0)
    assert time.monotonic() - started < 2
    assert len(server.requests) == 1


def test_the_wait_that_it_asks_for_is_kept(server):
    server.script("rate_limited")
    server.retry_after = "0.3"
    started = time.monotonic()
    embed_texts(at(server), ["x"])
    assert time.monotonic() - started >= 0.3


@pytest.mark.parametrize("fault", ["slow", "hang", "trickle", "trickle_head", "idle"])
def test_a_silent_one_is_given_up_at_the_deadline(server, fault):
    server.fault = fault
    started = time.monotonic()
    with pytest.raises(ModelError) as caught:
        embed_texts(at(server, timeout_seconds=FAST), ["x"])
    assert caught.value.reason == "timeout"
    assert time.monotonic() - started < FAST + 1


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("refused", "refused"),
        ("bad_request", "refused"),
        ("redirect", "refused"),
        ("html", "malformed"),
        ("malformed", "malformed"),
        ("wrong_types", "malformed"),
        ("no_body", "malformed"),
        ("empty", "empty"),
    ],
)
def test_what_will_not_pass_is_not_asked_again(server, fault, reason):
    server.fault = fault
    with pytest.raises(ModelError) as caught:
        embed_texts(at(server), ["one", "two"])
    assert caught.value.reason == reason
    assert len(server.requests) == 1
    assert "sk-secret-key" not in str(caught.value)


def test_nobody_there_is_unreachable():
    with ModelServer() as gone:
        endpoint = at(gone)
    with pytest.raises(ModelError) as caught:
        embed_texts(endpoint, ["x"])
    assert caught.value.reason == "unreachable"


def test_the_key_is_not_in_what_is_printed(server):
    assert "sk-secret-key" not in repr(at(server))
