"""The document store in Elasticsearch: Haystack's, with our mapping, our scores and an alias to switch.

It holds nothing that cannot be rebuilt from our Passage rows. What it asks of the cluster is bulk, search, knn and
aliases; deleting and updating by query, reindexing and scripts are not used, since small clusters may not have them.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, Self, TypeVar

from django.conf import settings
from elasticsearch import Elasticsearch, helpers
from haystack import Document, default_from_dict, default_to_dict
from haystack.document_stores.errors import DuplicateDocumentError
from haystack.document_stores.types import DuplicatePolicy
from haystack_integrations.document_stores.elasticsearch import ElasticsearchDocumentStore

from knowledge.errors import SearchUnavailableError
from knowledge.stores.elastic_client import IndexGoneError, client_for, reported
from knowledge.stores.elastic_filters import EVERYTHING, to_query
from knowledge.stores.elastic_index import MAPPING_VERSION, WORD_FIELDS, PassageIndexes, is_index_name
from knowledge.stores.filters import Filters
from knowledge.stores.words import query_words

T = TypeVar("T")

# Elasticsearch's BM25 differs from FTS5's: words that stand in half of all passages still count, and weighted fields
# make a passage longer. With this factor one weight serves both stores; it was measured on three sets
# (docs/knowledge.md), where the scores themselves are 1.2 times FTS5's.
TO_FTS5_SCALE = 0.6

PAGE = 1000
MOST_CANDIDATES = 10_000
CANDIDATES = 200
CONFLICT = "version_conflict_engine_exception"
INDEX_GONE = "index_not_found_exception"
# A hundred vectors are 800 kB of JSON.
NO_VECTOR = ["embedding"]


class ElasticPassageStore(ElasticsearchDocumentStore):
    """A Haystack document store behind an alias; safe to use from several threads and processes.

    :param path: The alias, or the name of an index that is being filled and that no search sees.
    """

    kind: ClassVar[str] = "elasticsearch"

    def __init__(self, path: str) -> None:
        super().__init__(index=path, api_key=None, api_key_id=None)
        self.path = path
        self.is_alias = not is_index_name(path)
        self._indexes = PassageIndexes(path)
        self._is_ready = False
        self._preparing = threading.Lock()

    def to_dict(self) -> dict[str, Any]:
        """Serialise for a pipeline's dump, without the address, which may hold a password."""
        return default_to_dict(self, path=self.path)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Make the store that `to_dict` described."""
        store: Self = default_from_dict(cls, data)
        return store

    def count_documents(self) -> int:
        """Count all documents."""
        return self._ask(lambda client: int(client.count(index=self.path)["count"]))

    def document_ids(self, *, since: int = 0) -> list[str]:  # noqa: ARG002 - an index that is filled is a new one
        """Give the ids of all documents, without their texts."""
        if not self.is_alias:
            # An index that is being filled shows what was written when it is asked to.
            self._ask(lambda client: client.indices.refresh(index=self.path))
        return [hit["_id"] for hit in self._scan(EVERYTHING, source=False)]

    def filter_documents(self, filters: Filters | None = None) -> list[Document]:
        """Give the documents that match, ordered by id.

        Raises:
            FilterError: the filter is malformed.
        """
        query = to_query(filters)
        return [_document(hit, None) for hit in self._scan(query, source=True)]

    def write_documents(
        self, documents: list[Document], policy: DuplicatePolicy = DuplicatePolicy.NONE, *_args: Any
    ) -> int:
        """Store documents and count those written; NONE means FAIL.

        Raises:
            DuplicateDocumentError: an id exists and the policy is FAIL; nothing was written, unless another process
                wrote that id at the same moment.
            ValueError: not a list of documents.
        """
        if not isinstance(documents, list) or not all(isinstance(document, Document) for document in documents):
            raise ValueError("write_documents() takes a list of Documents.")
        existing = set() if policy == DuplicatePolicy.OVERWRITE else self._existing([d.id for d in documents])
        if existing and policy != DuplicatePolicy.SKIP:
            raise DuplicateDocumentError(f"{len(existing)} documents exist, such as {min(existing)}.")
        fresh = {document.id: document for document in documents if document.id not in existing}
        operation = "index" if policy == DuplicatePolicy.OVERWRITE else "create"
        conflicts = self._bulk(
            [{"_op_type": operation, "_id": id_, "_source": _source(document)} for id_, document in fresh.items()]
        )
        if conflicts and policy != DuplicatePolicy.SKIP:
            raise DuplicateDocumentError(f"{conflicts} documents exist.")
        return len(fresh) - conflicts

    def delete_documents(self, document_ids: list[str], *_args: Any) -> None:
        """Remove documents by id; unknown ids are passed over."""
        self._bulk([{"_op_type": "delete", "_id": id_} for id_ in document_ids])

    def delete_by_filter(self, filters: Filters, *_args: Any) -> int:
        """Remove the documents that match and count them."""
        query = to_query(filters)
        ids = [hit["_id"] for hit in self._scan(query, source=False)]
        self.delete_documents(ids)
        return len(ids)

    def delete_all_documents(self, *_args: Any) -> None:
        """Empty the store."""
        self.delete_by_filter({})

    def dense_retrieval(
        self, query_embedding: Sequence[float], *, filters: Filters | None = None, top_k: int = 10
    ) -> list[Document]:
        """Give the nearest documents by dot product, exact, best first; `score` is the product."""
        knn = _nearest(query_embedding, top_k, to_query(filters))
        hits = self._search(knn=knn, size=top_k, source_excludes=NO_VECTOR)
        return [_document(hit, _dot_product(hit["_score"])) for hit in hits]

    def dense_scores(self, query_embedding: Sequence[float], document_ids: Sequence[str]) -> dict[str, float]:
        """Give the dot product of each of these documents; those without a vector are left out."""
        if not document_ids:
            return {}
        knn = _nearest(query_embedding, len(document_ids), {"ids": {"values": list(document_ids)}})
        hits = self._search(knn=knn, size=len(document_ids), source=False)
        return {hit["_id"]: _dot_product(hit["_score"]) for hit in hits}

    def lexical_retrieval(self, query: str, *, filters: Filters | None = None, top_k: int = 10) -> list[Document]:
        """Give the documents that share words with the query by BM25, best first; `score` is above 0."""
        words = query_words(query)
        if not words:
            return []
        # combined_fields counts a word once over all fields (BM25F), as FTS5 does with its column weights.
        wanted = {"combined_fields": {"query": " ".join(words), "fields": list(WORD_FIELDS), "operator": "or"}}
        asked = {"bool": {"must": [wanted], "filter": [to_query(filters)]}}
        hits = self._search(query=asked, size=top_k, source_excludes=NO_VECTOR)
        return [_document(hit, hit["_score"] * TO_FTS5_SCALE) for hit in hits]

    def mark(self) -> int:
        """Give 0: a rebuild fills an index of its own."""
        return 0

    @contextmanager
    def rebuilding(self) -> Iterator["ElasticPassageStore"]:
        """Give a new index to fill; leaving it switches the alias in one step and removes the old index.

        When the block raises, the new index is removed and the alias stays where it was.
        """
        name = self._ask(self._indexes.create_beside)
        try:
            yield ElasticPassageStore(path=name)
            self._ask(lambda client: client.indices.refresh(index=name))
            self._ask(lambda client: self._indexes.switch(client, name))
        except BaseException:  # also an interrupt must not leave a half-filled index behind; it is raised again
            self._ask(lambda client: self._indexes.remove(client, name))
            raise

    def drop(self) -> None:
        """Remove the alias and its indexes; the next use makes an empty one."""
        with reported():
            self._indexes.remove_all(self._connected())
        self._is_ready = False

    def is_outdated(self) -> bool:
        """Tell whether the index was made with another mapping than this release's."""
        return self._ask(self._indexes.versions) != {MAPPING_VERSION}

    def _ensure_initialized(self) -> None:
        """Connect and make the alias; what is inherited calls this too."""
        self._client = self._connected()
        if self._is_ready or not self.is_alias:
            return
        with self._preparing, reported():
            if not self._is_ready:
                self._indexes.ensure(self._client)
                self._is_ready = True

    def _connected(self) -> Elasticsearch:
        return client_for(settings.ELASTICSEARCH_URL)

    def _ask(self, question: Callable[[Elasticsearch], T]) -> T:
        """Ask the cluster; a missing alias is made and the question asked once more."""
        self._ensure_initialized()
        try:
            with reported():
                return question(self._connected())
        except IndexGoneError:
            if not self.is_alias:
                raise
            self._is_ready = False
            self._ensure_initialized()
        with reported():
            return question(self._connected())

    def _search(self, **body: Any) -> list[dict[str, Any]]:
        """Give the hits, best first."""

        def search(client: Elasticsearch) -> list[dict[str, Any]]:
            return list(client.search(index=self.path, track_total_hits=False, **body)["hits"]["hits"])

        return self._ask(search)

    def _scan(self, query: dict[str, Any], *, source: bool) -> Iterator[dict[str, Any]]:
        """Go through all hits by id, page by page: a plain search ends at 10,000."""
        after: list[Any] | None = None
        while True:
            hits = self._search(query=query, sort=[{"id": "asc"}], size=PAGE, source=source, search_after=after)
            yield from hits
            if len(hits) < PAGE:
                return
            after = hits[-1]["sort"]

    def _existing(self, ids: list[str]) -> set[str]:
        if not ids:
            return set()
        answer = self._ask(lambda client: client.mget(index=self.path, ids=ids, source=False))
        return {entry["_id"] for entry in answer["docs"] if entry.get("found")}

    def _bulk(self, actions: list[dict[str, Any]]) -> int:
        """Send changes, seen by searches when this returns, and count the ids that existed already."""
        if not actions:
            return 0
        return self._ask(lambda client: self._sent(client, actions))

    def _sent(self, client: Elasticsearch, actions: list[dict[str, Any]]) -> int:
        _done, failures = helpers.bulk(
            client,
            actions,
            index=self.path,
            # Without it Elasticsearch would make an index in the alias's place, with a mapping of its own.
            require_alias=self.is_alias,
            refresh=self.is_alias,
            raise_on_error=False,
        )
        assert isinstance(failures, list)  # a count only with stats_only
        kinds = [kind for failure in failures if (kind := _failure(failure))]
        if INDEX_GONE in kinds:
            raise IndexGoneError("The search index is missing.")
        others = sorted(set(kinds) - {CONFLICT})
        if others:
            raise SearchUnavailableError(f"Elasticsearch refused {len(kinds)} documents ({', '.join(others)}).")
        return len(kinds)


def _failure(entry: dict[str, Any]) -> str:
    """Give the kind of a failed bulk action; deleting what is not there is none. Reasons may quote texts."""
    [result] = entry.values()
    error = result.get("error")
    return str(error["type"]) if error else ""


def _nearest(query_embedding: Sequence[float], count: int, filters: dict[str, Any]) -> dict[str, Any]:
    return {
        "field": "embedding",
        "query_vector": list(query_embedding),
        "k": min(count, MOST_CANDIDATES),
        "num_candidates": min(max(count, CANDIDATES), MOST_CANDIDATES),
        "filter": filters,
    }


def _dot_product(score: float) -> float:
    """Undo how Elasticsearch makes inner products positive (reference, "dense_vector", max_inner_product)."""
    return score - 1 if score >= 1 else 1 - 1 / score


def _source(document: Document) -> dict[str, Any]:
    fields = document.to_dict()
    return {name: value for name, value in fields.items() if name not in EMPTY_LEFT_OUT or value is not None}


# Elasticsearch refuses null for fields of these kinds; `score` belongs to an answer.
EMPTY_LEFT_OUT = frozenset({"embedding", "blob", "score", "sparse_embedding"})


def _document(hit: dict[str, Any], score: float | None) -> Document:
    document: Document = Document.from_dict({**hit["_source"], "score": score})
    return document
