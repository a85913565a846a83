"""The document store in Elasticsearch: Haystack's, with our mapping, our scores and an alias to switch.

It holds nothing that cannot be rebuilt from our Passage rows. What it asks of the cluster is bulk, search, knn and
aliases; deleting and updating by query, reindexing and scripts are not used, since small clusters may not have them.
"""

import math
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, Self, TypeVar

from django.conf import settings
from elasticsearch import Elasticsearch, helpers
from haystack import Document, default_from_dict, default_to_dict
from haystack.document_stores.errors import DuplicateDocumentError
from haystack.document_stores.types import DuplicatePolicy
from haystack_integrations.document_stores.elasticsearch import ElasticsearchDocumentStore

from knowledge.errors import SearchUnavailableError
from knowledge.stores.elastic_client import IndexGoneError, client_for, refusal, reported
from knowledge.stores.elastic_filters import EVERYTHING, to_query
from knowledge.stores.elastic_index import MAPPING_VERSION, WORD_FIELDS, PassageIndexes, is_index_name
from knowledge.stores.filters import Filters
from knowledge.stores.protocol import Hits
from knowledge.stores.words import WordCounts, inverse_frequency, query_words, spaced, telling
from knowledge.turns import WeightedText

T = TypeVar("T")

# Weighted fields make a passage longer in Lucene and not in FTS5. With this factor one weight serves both stores.
TO_FTS5_SCALE = 0.96

PAGE = 1000
MOST_CANDIDATES = 10_000
CANDIDATES = 200
CONFLICT = "version_conflict_engine_exception"
INDEX_GONE = "index_not_found_exception"
# A hundred vectors are 800 kB of JSON.
NO_VECTOR = ["embedding"]
# Ids from a column of their own: to read a hit's stored fields a node unpacks the vectors beside them, which takes
# longer than the search.
ONLY_IDS: dict[str, Any] = {"_source": False, "stored_fields": "_none_", "docvalue_fields": ["id"]}
# Boosts that differ by less are one clause; there are far fewer of them than words.
BOOST_DIGITS = 2
LEAST_BOOST = 0.01


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
        self._counts = WordCounts(self._count_words)
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
        return [_document(hit) for hit in self._scan(query, source=True)]

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

    def dense_hits(self, query_embedding: Sequence[float], *, filters: Filters | None = None, top_k: int = 10) -> Hits:
        """Find the nearest documents by dot product, exactly."""
        return _dense(self._search(_nearest(query_embedding, top_k, to_query(filters))))

    def dense_scores(self, query_embedding: Sequence[float], document_ids: Sequence[str]) -> Hits:
        """Give the dot product of each of these documents; those without a vector are left out."""
        if not document_ids:
            return Hits()
        named = {"ids": {"values": list(document_ids)}}
        return _dense(self._search(_nearest(query_embedding, len(document_ids), named)))

    def lexical_hits(self, texts: Sequence[WeightedText], *, filters: Filters | None = None, top_k: int = 10) -> Hits:
        """Find the documents that share words with the texts by the weighted sum of BM25; scores are above 0."""
        wanted = self._sharing(texts, filters, top_k)
        return _lexical(self._search(wanted)) if wanted else Hits()

    def hits(
        self,
        query_embedding: Sequence[float],
        texts: Sequence[WeightedText],
        *,
        filters: Filters | None = None,
        top_k: int = 10,
    ) -> tuple[Hits, Hits]:
        """Search both ways at once: what `dense_hits` and `lexical_hits` give."""
        near, sharing = _nearest(query_embedding, top_k, to_query(filters)), self._sharing(texts, filters, top_k)
        if not sharing:
            return _dense(self._search(near)), Hits()
        searches = [part for body in (near, sharing) for part in ({}, {"track_total_hits": False, **body})]
        answers = self._ask(lambda client: _answered(client.msearch(index=self.path, searches=searches)["responses"]))
        return _dense(answers[0]), _lexical(answers[1])

    def load(self, document_ids: Sequence[str]) -> list[Document]:
        """Give documents in this order, without their vectors; unknown ids are left out."""
        if not document_ids:
            return []
        answer = self._ask(
            lambda client: client.mget(index=self.path, ids=list(document_ids), source_excludes=NO_VECTOR)
        )
        return [_document(entry) for entry in answer["docs"] if entry.get("found")]

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

    def _count_words(self, words: list[str]) -> tuple[dict[str, int], int]:
        queries = {word: {"combined_fields": {"query": word, "fields": list(WORD_FIELDS)}} for word in words}

        def count(client: Elasticsearch) -> tuple[dict[str, int], int]:
            answer = client.search(
                index=self.path, size=0, track_total_hits=True, aggs={"words": {"filters": {"filters": queries}}}
            )
            found = answer["aggregations"]["words"]["buckets"]
            return {word: int(found[word]["doc_count"]) for word in words}, int(answer["hits"]["total"]["value"])

        return self._ask(count)

    def _sharing(self, texts: Sequence[WeightedText], filters: Filters | None, top_k: int) -> dict[str, Any]:
        """Make a search for the words of the texts; empty without words."""
        weights: dict[str, float] = defaultdict(float)
        for text in texts:
            for word in query_words(spaced(text.text)):
                weights[word] += text.weight
        if not weights:
            return {}
        counts, total = self._counts.of(weights)
        clauses = _clauses({word: weights[word] for word in telling(weights, counts, total)}, counts, total)
        asked = {"should": clauses, "minimum_should_match": 1, "filter": [to_query(filters)]}
        return {"query": {"bool": asked}, "size": top_k, **ONLY_IDS}

    def _search(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        """Give the hits, best first."""

        def search(client: Elasticsearch) -> list[dict[str, Any]]:
            return list(client.search(index=self.path, body={"track_total_hits": False, **body})["hits"]["hits"])

        return self._ask(search)

    def _scan(self, query: dict[str, Any], *, source: bool) -> Iterator[dict[str, Any]]:
        """Go through all hits by id, page by page: a plain search ends at 10,000."""
        after: list[Any] | None = None
        while True:
            page = {"query": query, "sort": [{"id": "asc"}], "size": PAGE, "_source": source}
            hits = self._search(page | ({"search_after": after} if after else {}))
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
        try:
            return self._ask(lambda client: self._sent(client, actions))
        finally:
            self._counts.forget()

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


def _clauses(weights: Mapping[str, float], counts: Mapping[str, int], total: int) -> list[dict[str, Any]]:
    """Ask for words with the worth that FTS5 gives them; words of one worth go into one clause.

    Lucene's log(1 + x) in place of log(x) gives words that many passages have up to twice as much.
    """
    by_boost: dict[float, list[str]] = defaultdict(list)
    for word, weight in weights.items():
        worth = inverse_frequency(counts[word], total)
        lucene = math.log1p((total - counts[word] + 0.5) / (counts[word] + 0.5))
        by_boost[max(round(weight * worth / lucene, BOOST_DIGITS), LEAST_BOOST)].append(word)
    return [
        # combined_fields counts a word once over all fields (BM25F), as FTS5 does with its column weights.
        {"combined_fields": {"query": " ".join(words), "fields": list(WORD_FIELDS), "operator": "or", "boost": boost}}
        for boost, words in by_boost.items()
    ]


def _nearest(query_embedding: Sequence[float], count: int, filters: dict[str, Any]) -> dict[str, Any]:
    """Make a search for the nearest documents."""
    near = {
        "field": "embedding",
        "query_vector": list(query_embedding),
        "k": min(count, MOST_CANDIDATES),
        "num_candidates": min(max(count, CANDIDATES), MOST_CANDIDATES),
        "filter": filters,
    }
    return {"knn": near, "size": count, **ONLY_IDS}


def _answered(responses: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Give the hits of several searches, whose failures come as answers.

    Raises:
        SearchUnavailableError: one of them was refused.
        IndexGoneError: the index is not there.
    """
    for response in responses:
        if "error" in response:
            raise refusal(response["status"], response["error"]["type"])
    return [list(response["hits"]["hits"]) for response in responses]


def _dense(hits: Iterable[dict[str, Any]]) -> Hits:
    return Hits((_id(hit), _dot_product(hit["_score"])) for hit in hits)


def _lexical(hits: Iterable[dict[str, Any]]) -> Hits:
    return Hits((_id(hit), hit["_score"] * TO_FTS5_SCALE) for hit in hits)


def _dot_product(score: float) -> float:
    """Undo how Elasticsearch makes inner products positive (reference, "dense_vector", max_inner_product)."""
    return score - 1 if score >= 1 else 1 - 1 / score


def _source(document: Document) -> dict[str, Any]:
    fields = document.to_dict()
    words = {name: spaced(str(fields.get(name) or "")) for name in ("title", "heading", "content")}
    kept = {name: value for name, value in fields.items() if name not in EMPTY_LEFT_OUT or value is not None}
    return {**kept, "words": words}


# Elasticsearch refuses null for fields of these kinds; `score` belongs to an answer.
EMPTY_LEFT_OUT = frozenset({"embedding", "blob", "score", "sparse_embedding"})


def _document(hit: dict[str, Any]) -> Document:
    document: Document = Document.from_dict(hit["_source"])
    return document


def _id(hit: dict[str, Any]) -> str:
    return str(hit["fields"]["id"][0])
