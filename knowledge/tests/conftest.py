import uuid

import pytest

from knowledge.stores import document_store, kind_for, place_of


@pytest.fixture
def store(settings, tmp_path):
    """Give the product's document store, empty: a file or an index of this test's own, which is removed after it."""
    settings.DATA_DIR = tmp_path
    settings.ELASTICSEARCH_PREFIX = f"{settings.ELASTICSEARCH_PREFIX}-{uuid.uuid4().hex[:8]}"
    kind = kind_for()
    store = document_store(place_of(kind), kind=kind)
    yield store
    store.drop()
