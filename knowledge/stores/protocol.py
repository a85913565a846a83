"""What every document store of ours can do, whatever it is made of."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

if TYPE_CHECKING:
    from haystack import Document
    from haystack.document_stores.types import DuplicatePolicy

    from knowledge.stores.filters import Filters
    from knowledge.turns import WeightedText


class Hits(Mapping[str, float]):
    """Ids of documents with their scores, best first.

    They never change, so that Haystack, which copies all that passes between components, need not copy each score.
    """

    __slots__ = ("_scores",)

    def __init__(self, scores: Mapping[str, float] | Iterable[tuple[str, float]] = ()) -> None:
        self._scores = dict(scores)

    def __getitem__(self, document_id: str) -> float:
        return self._scores[document_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._scores)

    def __len__(self) -> int:
        return len(self._scores)

    def __repr__(self) -> str:
        return f"Hits({self._scores})"

    def __deepcopy__(self, _memo: object) -> "Hits":
        return self


class PassageStore(Protocol):
    """A Haystack document store with both ways of searching and a way to be built anew.

    `kind` is "sqlite" or "elasticsearch"; `path` is the file or the alias. Scores are dot products as they are, and BM25 scaled
    so that one weight of it in the fusion serves every kind.
    Searches give ids, since far more are found than kept; only those are loaded.
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

    def dense_hits(
        self, query_embedding: Sequence[float], *, filters: "Filters | None" = None, top_k: int = 10
    ) -> Hits:
        """Find the nearest documents by dot product."""

    def dense_scores(self, query_embedding: Sequence[float], document_ids: Sequence[str]) -> Hits:
        """Give the dot product of each of these documents, in any order; those without a vector are left out."""

    def lexical_hits(
        self, texts: "Sequence[WeightedText]", *, filters: "Filters | None" = None, top_k: int = 10
    ) -> Hits:
        """Find the documents that share words with the texts, by the weighted sum of BM25."""

    def hits(
        self,
        query_embedding: Sequence[float],
        texts: "Sequence[WeightedText]",
        *,
        filters: "Filters | None" = None,
        top_k: int = 10,
    ) -> tuple[Hits, Hits]:
        """Search both ways at once: what `dense_hits` and `lexical_hits` give."""

    def load(self, document_ids: Sequence[str]) -> "list[Document]":
        """Give documents in this order, without their vectors; unknown ids are left out."""

    def rebuilding(self) -> "AbstractContextManager[PassageStore]":
        """Give a store to fill; leaving it puts what was written in place of what was there, at once for searches.

        Searches and writes go on meanwhile. When the block raises, what was there stays.
        """

    def is_outdated(self) -> bool:
        """Tell whether it was made in a form that this release would make otherwise; a rebuild brings it up to date."""

    def drop(self) -> None:
        """Forget everything, and give the room back."""
