"""Document stores: where passages are searched. They can be rebuilt from our Passage rows at any time."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from knowledge.stores.embedded import EmbeddedDocumentStore

FILE_NAME = "passages.sqlite3"


def document_store(path: str = "") -> "EmbeddedDocumentStore":
    """Give this process's document store, opened at its first use; a path names another one than the product's."""
    return _open(path or str(Path(settings.DATA_DIR) / FILE_NAME))


@cache
def _open(path: str) -> "EmbeddedDocumentStore":
    from knowledge.stores.embedded import EmbeddedDocumentStore

    return EmbeddedDocumentStore(path=path)
