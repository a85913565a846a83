import numpy as np
import pytest

from integrations.errors import ModelError
from integrations.services import embeddings
from knowledge.errors import EmbeddingUnavailableError
from knowledge.services import embedding
from knowledge.services.embedders import embed_with
from knowledge.tests.factories import RetrievalProfileFactory


@pytest.fixture
def answers(monkeypatch):
    """Let a test say what the endpoint answers, and see what it was asked."""
    asked = {}

    def answer(endpoint, texts):
        asked["endpoint"], asked["texts"] = endpoint, list(texts)
        if isinstance(asked["vectors"], Exception):
            raise asked["vectors"]
        return asked["vectors"]

    monkeypatch.setattr(embeddings, "embed_texts", answer)
    return asked


@pytest.fixture
def profile(db):
    return RetrievalProfileFactory(
        dimensions=2, query_prefix="query: ", document_prefix="passage: ", api_key="k", base_url="http://127.0.0.1:1/v1"
    ).settings.store_name


def test_without_a_profile_the_built_in_model_embeds():
    assert np.allclose(embed_with("", ["hello"]), embedding.embed(["hello"]))


def test_prefixes_tell_questions_from_passages_and_vectors_get_length_one(profile, answers):
    answers["vectors"] = [[3.0, 4.0]]
    assert embed_with(profile, ["x"], is_query=True).tolist() == [pytest.approx([0.6, 0.8])]
    assert answers["texts"] == ["query: x"]
    embed_with(profile, ["x"])
    assert answers["texts"] == ["passage: x"]
    assert (answers["endpoint"].dimensions, answers["endpoint"].api_key) == (2, "k")


@pytest.mark.parametrize(
    "vectors",
    [
        [],
        [[1.0, 0.0], [0.0, 1.0]],
        [[1.0, 0.0, 0.0]],
        [[float("nan"), 0.0]],
        ModelError("timeout", "It took too long."),
    ],
)
def test_vectors_that_cannot_be_used_are_refused(profile, answers, vectors):
    answers["vectors"] = vectors
    with pytest.raises(EmbeddingUnavailableError, match="text-embedding-3-small"):
        embed_with(profile, ["x"])


def test_no_text_asks_nobody(profile, answers):
    assert embed_with(profile, []).shape == (0, 2)
    assert answers == {}
