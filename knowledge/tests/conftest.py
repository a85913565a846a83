import pytest

from knowledge.stores import document_store


@pytest.fixture
def store(settings, tmp_path):
    """Give the product's document store in a folder of this test's own, empty."""
    settings.DATA_DIR = tmp_path
    return document_store()
