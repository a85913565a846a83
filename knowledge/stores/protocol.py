"""What every document store of ours can do, whatever it is made of."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

if TYPE_CHECKING:
    from haystack import Document
    from haystack.document_stores.types import DuplicatePolicy

    from knowledge.stores.filters import Filters


class PassageStore(Protocol):
    """A Haystack document store with both ways of searching and a way to be built anew.

    `kind` is "sqlite" or "elasticsearch"; `path` is the file or the alias. Scores are dot products as they are, and BM25 scaled
    so that one weight of it in the fusion serves every kind.
    """

    kind: ClassVar[str]
    path: str

    def to_dict(self) -> dict[str, Any]:
        """Serialise for a pipeline's dump; holds no address and no secret."""

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Make the store that `to_dict` described."""

    def count_documents(self) -> int:
        """Count all documents."""

    def document_ids(self, *, since: int = 0) -> list[str]:
        """Give the ids of all documents, or of those written after a mark, without their texts."""

    def mark(self) -> int:
        """Give a mark of now, for `document_ids`; where a rebuild fills a new place it is 0, since all of it is new."""

    def filter_documents(self, filters: "Filters | None" = None) -> "list[Document]":
        """Give the documents that match."""

    def write_documents(self, documents: "list[Document]", policy: "DuplicatePolicy" = ...) -> int:
        """Store documents and count those written; searches see them when this returns."""

    def delete_documents(self, document_ids: list[str]) -> None:
        """Remove documents by id; unknown ids are passed over."""

    def delete_by_filter(self, filters: "Filters") -> int:
        """Remove the documents that match and count them."""

    def delete_all_documents(self) -> None:
        """Empty the store."""

    def dense_retrieval(
        self, query_embedding: Sequence[float], *, filters: "Filters | None" = None, top_k: int = 10
    ) -> "list[Document]":
        """Give the nearest documents by dot product, best first."""

    def dense_scores(self, query_embedding: Sequence[float], document_ids: Sequence[str]) -> dict[str, float]:
        """Give the dot product of each of these documents; those without a vector are left out."""

    def lexical_retrieval(self, query: str, *, filters: "Filters | None" = None, top_k: int = 10) -> "list[Document]":
        """Give the documents that share words with the query by BM25, best first."""

    def rebuilding(self) -> "AbstractContextManager[PassageStore]":
        """Give a store to fill; leaving it puts what was written in place of what was there, at once for searches.

        Searches and writes go on meanwhile. When the block raises, what was there stays.
        """

    def is_outdated(self) -> bool:
        """Tell whether it was made in a form that this release would make otherwise; a rebuild brings it up to date."""

    def drop(self) -> None:
        """Forget everything, and give the room back."""
