import os
import uuid

import numpy as np
import pytest
from haystack import Document
from haystack.document_stores.types import DuplicatePolicy

from knowledge.stores import document_store, place_of

LIVE = pytest.mark.live("ELASTICSEARCH_URL")
KINDS = ["sqlite", pytest.param("elasticsearch", marks=LIVE)]


@pytest.fixture(params=KINDS)
def kind(request, settings):
    if request.param == "elasticsearch":
        settings.ELASTICSEARCH_URL = os.environ["ELASTICSEARCH_URL"]
    return request.param


@pytest.fixture
def passage_store(kind, settings, tmp_path):
    """Give an empty store of each kind in turn."""
    settings.DATA_DIR = tmp_path / "deep"
    settings.ELASTICSEARCH_PREFIX = f"{settings.ELASTICSEARCH_PREFIX}-{uuid.uuid4().hex[:8]}"
    store = document_store(place_of(kind), kind=kind)
    yield store
    store.drop()


@pytest.fixture
def write(passage_store):
    """Give a way to write one document in few words."""

    def write_one(id_, content="text", embedding=None, **meta):
        document = Document(id=id_, content=content, embedding=embedding, meta=meta)
        passage_store.write_documents([document], policy=DuplicatePolicy.OVERWRITE)

    return write_one


def assert_same_documents(received, expected):
    """Compare in any order, with tolerance for vectors, which one store keeps as float32."""
    assert len(received) == len(expected)
    pairs = zip(sorted(received, key=lambda d: d.id), sorted(expected, key=lambda d: d.id), strict=True)
    for got, wanted in pairs:
        assert (got.embedding is None) == (wanted.embedding is None)
        if wanted.embedding is not None:
            np.testing.assert_allclose(got.embedding, wanted.embedding, rtol=1e-6)
        left, right = got.to_dict(flatten=False), wanted.to_dict(flatten=False)
        assert {**left, "embedding": None} == {**right, "embedding": None}
