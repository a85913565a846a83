"""The embedded document store: one SQLite file with FTS5 for words and float32 vectors for meaning.

It has a file of its own, whatever the main database is, and holds nothing that cannot be rebuilt from our Passage
rows. Several threads and several processes may use one file: writes take SQLite's write lock at once, readers see
the last commit, and a generation counter tells each process when its vectors in memory are out of date.
"""

import json
import os
import sqlite3
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import compress
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from haystack import Document, default_from_dict, default_to_dict
from haystack.document_stores.errors import DuplicateDocumentError
from haystack.document_stores.types import DuplicatePolicy

from knowledge.stores.filters import Filters, to_sql
from knowledge.stores.form import FORM
from knowledge.stores.matrix import RowIds, VectorMatrix, among, generation_of
from knowledge.stores.protocol import Hits
from knowledge.stores.words import WordCounts, query_words, telling
from knowledge.turns import WeightedText

SCHEMA = """
CREATE TABLE IF NOT EXISTS state (generation INTEGER NOT NULL);
INSERT INTO state SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM state);
CREATE TABLE IF NOT EXISTS documents (
    row INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, title TEXT NOT NULL, heading TEXT NOT NULL,
    content TEXT, meta TEXT NOT NULL, extra TEXT NOT NULL, embedding BLOB, generation INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS documents_by_generation ON documents (generation);
CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(
    title, heading, content, content='documents', content_rowid='row', tokenize='porter unicode61 remove_diacritics 2'
);
CREATE TRIGGER IF NOT EXISTS words_insert AFTER INSERT ON documents BEGIN
    INSERT INTO words (rowid, title, heading, content) VALUES (new.row, new.title, new.heading, new.content);
END;
CREATE TRIGGER IF NOT EXISTS words_delete AFTER DELETE ON documents BEGIN
    INSERT INTO words (words, rowid, title, heading, content)
    VALUES ('delete', old.row, old.title, old.heading, old.content);
END;
CREATE TRIGGER IF NOT EXISTS words_update AFTER UPDATE ON documents BEGIN
    INSERT INTO words (words, rowid, title, heading, content)
    VALUES ('delete', old.row, old.title, old.heading, old.content);
    INSERT INTO words (rowid, title, heading, content) VALUES (new.row, new.title, new.heading, new.content);
END;
"""
UPSERT = """
INSERT INTO documents (id, title, heading, content, meta, extra, embedding, generation)
VALUES (:id, :title, :heading, :content, :meta, :extra, :embedding, :generation)
ON CONFLICT (id) DO UPDATE SET title = excluded.title, heading = excluded.heading, content = excluded.content,
    meta = excluded.meta, extra = excluded.extra, embedding = excluded.embedding, generation = excluded.generation
"""
FIELDS = "row, id, content, meta, extra, embedding"
# Vectors stay where they are: Haystack copies what passes between components, number by number.
LOADED_FIELDS = "row, id, content, meta, extra, NULL"
# What a word in the title, in the headings and in the text counts in BM25.
WEIGHTS = (2.0, 1.5, 1.0)
BUSY_SECONDS = 20.0
ROWS_A_QUERY = 500
FILTERS_KEPT = 32
# Most rows pass the filters of a search; where too few of the first do, all that match are looked at.
FILTERED_AHEAD = 4
ALL = -1


class EmbeddedDocumentStore:
    """A Haystack document store in one SQLite file.

    :param path: Where the file is; made at the first use, with its folder.
    """

    kind: ClassVar[str] = "sqlite"

    def __init__(self, path: str) -> None:
        self.path = path
        self._local = threading.local()
        self._matrix = VectorMatrix()
        self._allowed: dict[tuple[int, str], RowIds] = {}
        self._counts = WordCounts(self._count_words)

    def to_dict(self) -> dict[str, Any]:
        """Serialise for a pipeline's dump."""
        return default_to_dict(self, path=self.path)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Make the store that `to_dict` described."""
        store: Self = default_from_dict(cls, data)
        return store

    def count_documents(self) -> int:
        """Count all documents."""
        return int(self._connection().execute("SELECT count(*) FROM documents").fetchone()[0])

    def document_ids(self, *, since: int = 0) -> list[str]:
        """Give the ids of all documents, or of those written after a mark, without their texts."""
        found = self._connection().execute("SELECT id FROM documents WHERE generation > ? ORDER BY row", (since,))
        return [row[0] for row in found]

    def mark(self) -> int:
        """Give the number of the last write."""
        return generation_of(self._connection())

    def filter_documents(self, filters: Filters | None = None) -> list[Document]:
        """Give the documents that match, in the order they were first written.

        Raises:
            FilterError: the filter is malformed.
        """
        where = to_sql(filters)
        sql = f"SELECT {FIELDS} FROM documents WHERE {where.sql} ORDER BY row"  # noqa: S608 - values are bound
        return [_document(row) for row in self._connection().execute(sql, where.values)]

    def write_documents(self, documents: list[Document], policy: DuplicatePolicy = DuplicatePolicy.NONE) -> int:
        """Store documents in one transaction and count those written; NONE means FAIL.

        Raises:
            DuplicateDocumentError: an id exists and the policy is FAIL; nothing was written.
            ValueError: not a list of documents.
        """
        if not isinstance(documents, list) or not all(isinstance(document, Document) for document in documents):
            raise ValueError("write_documents() takes a list of Documents.")
        with self._writing() as (connection, generation):
            existing = set() if policy == DuplicatePolicy.OVERWRITE else self._existing(connection, documents)
            if existing and policy != DuplicatePolicy.SKIP:
                raise DuplicateDocumentError(f"{len(existing)} documents exist, such as {min(existing)}.")
            fresh = {d.id: d for d in documents if d.id not in existing}
            connection.executemany(UPSERT, [_row(document, generation) for document in fresh.values()])
        return len(fresh)

    def delete_documents(self, document_ids: list[str]) -> None:
        """Remove documents by id; unknown ids are passed over."""
        with self._writing() as (connection, _generation):
            connection.executemany("DELETE FROM documents WHERE id = ?", [(id_,) for id_ in document_ids])

    def delete_by_filter(self, filters: Filters) -> int:
        """Remove the documents that match and count them."""
        where = to_sql(filters)
        with self._writing() as (connection, _generation):
            sql = f"DELETE FROM documents WHERE {where.sql}"  # noqa: S608 - values are bound
            return connection.execute(sql, where.values).rowcount

    def delete_all_documents(self) -> None:
        """Empty the store."""
        self.delete_by_filter({})

    def dense_hits(self, query_embedding: Sequence[float], *, filters: Filters | None = None, top_k: int = 10) -> Hits:
        """Find the nearest documents by dot product, exactly."""
        query = np.asarray(query_embedding, dtype=np.float32)
        connection = self._connection()
        snapshot = self._matrix.current(connection, len(query))
        scores = snapshot.matrix @ query
        if filters:
            scores = np.where(among(snapshot.rows, self._matching(connection, filters)), scores, -np.inf)
        return Hits((snapshot.ids[place], float(scores[place])) for place in _top(scores, top_k))

    def dense_scores(self, query_embedding: Sequence[float], document_ids: Sequence[str]) -> Hits:
        """Give the dot product of each of these documents; those without a vector are left out."""
        query = np.asarray(query_embedding, dtype=np.float32)
        snapshot = self._matrix.current(self._connection(), len(query))
        known = [id_ for id_ in document_ids if id_ in snapshot.places]
        scores = snapshot.matrix[[snapshot.places[id_] for id_ in known]] @ query
        return Hits(zip(known, scores.tolist(), strict=True))

    def lexical_hits(self, texts: Sequence[WeightedText], *, filters: Filters | None = None, top_k: int = 10) -> Hits:
        """Find the documents that share words with the texts by the weighted sum of BM25; scores are above 0."""
        connection = self._connection()
        allowed = self._matching(connection, filters) if filters else None
        sums: dict[int, float] = defaultdict(float)
        for text in texts:
            words = query_words(text.text)
            match = match_expression(telling(words, *self._counts.of(words)))
            for row, score in _by_words(connection, match, allowed, top_k) if match else ():
                sums[row] += text.weight * score
        best = sorted(sums, key=lambda row: (-sums[row], row))[:top_k]
        ids = self._ids(connection, best)
        return Hits((ids[row], sums[row]) for row in best if row in ids)

    def hits(
        self,
        query_embedding: Sequence[float],
        texts: Sequence[WeightedText],
        *,
        filters: Filters | None = None,
        top_k: int = 10,
    ) -> tuple[Hits, Hits]:
        """Search both ways: what `dense_hits` and `lexical_hits` give."""
        dense = self.dense_hits(query_embedding, filters=filters, top_k=top_k)
        return dense, self.lexical_hits(texts, filters=filters, top_k=top_k)

    def load(self, document_ids: Sequence[str]) -> list[Document]:
        """Give documents in this order, without their vectors; unknown ids are left out."""
        connection = self._connection()
        found: dict[str, Document] = {}
        for chunk in _chunks(document_ids):
            marks = ", ".join("?" for _ in chunk)
            rows = connection.execute(f"SELECT {LOADED_FIELDS} FROM documents WHERE id IN ({marks})", chunk)  # noqa: S608
            found |= {row[1]: _document(row) for row in rows}
        return [found[id_] for id_ in document_ids if id_ in found]

    @contextmanager
    def rebuilding(self) -> Iterator["EmbeddedDocumentStore"]:
        """Give this store to fill: each write replaces the old text of a passage at once.

        Leaving it removes what was neither written nor changed meanwhile; when the block raises, that stays.
        """
        before = generation_of(self._connection())
        yield self
        with self._writing() as (connection, _generation):
            connection.execute("DELETE FROM documents WHERE generation <= ?", (before,))
            connection.execute(f"PRAGMA user_version = {FORM}")

    def is_outdated(self) -> bool:
        """Tell whether the file was filled in another form than this release's."""
        return int(self._connection().execute("PRAGMA user_version").fetchone()[0]) != FORM

    def drop(self) -> None:
        """Empty the file and give its room back; the file stays, since other processes have it open."""
        self.delete_all_documents()
        self._connection().execute("VACUUM")

    def _matching(self, connection: sqlite3.Connection, filters: Filters) -> RowIds:
        """Give the rows that a filter matches, ascending, remembered until the next write."""
        where = to_sql(filters)
        key = (generation_of(connection), json.dumps([where.sql, where.values], default=str))
        rows = self._allowed.get(key)
        if rows is None:
            found = connection.execute(f"SELECT row FROM documents WHERE {where.sql} ORDER BY row", where.values)  # noqa: S608
            rows = np.fromiter((row[0] for row in found), dtype=np.int64)
            if len(self._allowed) >= FILTERS_KEPT:
                self._allowed = {}
            self._allowed[key] = rows
        return rows

    def _count_words(self, words: list[str]) -> tuple[dict[str, int], int]:
        connection = self._connection()
        sql = "SELECT count(*) FROM words WHERE words MATCH ?"
        counts = {word: int(connection.execute(sql, (match_expression([word]),)).fetchone()[0]) for word in words}
        return counts, self.count_documents()

    def _ids(self, connection: sqlite3.Connection, rows: Sequence[int]) -> dict[int, str]:
        ids: dict[int, str] = {}
        for chunk in _chunks(rows):
            marks = ", ".join("?" for _ in chunk)
            ids |= connection.execute(f"SELECT row, id FROM documents WHERE row IN ({marks})", chunk)  # noqa: S608
        return ids

    def _existing(self, connection: sqlite3.Connection, documents: Sequence[Document]) -> set[str]:
        existing: set[str] = set()
        for chunk in _chunks([document.id for document in documents]):
            marks = ", ".join("?" for _ in chunk)
            existing |= {r[0] for r in connection.execute(f"SELECT id FROM documents WHERE id IN ({marks})", chunk)}  # noqa: S608
        return existing

    @contextmanager
    def _writing(self) -> Iterator[tuple[sqlite3.Connection, int]]:
        """Open a write transaction with the generation that its rows get."""
        connection = self._connection()
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.execute("UPDATE state SET generation = generation + 1")
            yield connection, generation_of(connection)
        except BaseException:  # also an interrupt must not leave the write half done; it is raised again
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
        self._counts.forget()

    def _connection(self) -> sqlite3.Connection:
        """Give this thread's connection; after a fork the child opens one of its own."""
        if getattr(self._local, "process", None) != os.getpid():
            self._local.connection = _connect(self.path)
            self._local.process = os.getpid()
        connection: sqlite3.Connection = self._local.connection
        return connection


def _by_words(
    connection: sqlite3.Connection, match: str, allowed: RowIds | None, limit: int
) -> list[tuple[int, float]]:
    """Give rows and BM25 scores, best first; SQLite sorts, since a common word brings thousands of rows."""
    if allowed is None:
        return _matched(connection, match, limit)
    found = _matched(connection, match, FILTERED_AHEAD * limit)
    kept = _only(found, allowed)
    if len(kept) < limit and len(found) == FILTERED_AHEAD * limit:
        kept = _only(_matched(connection, match, ALL), allowed)
    return kept[:limit]


def _matched(connection: sqlite3.Connection, match: str, limit: int) -> list[tuple[int, float]]:
    sql = (
        "SELECT rowid, -bm25(words, ?, ?, ?) AS score FROM words WHERE words MATCH ? ORDER BY score DESC, rowid LIMIT ?"
    )
    return connection.execute(sql, (*WEIGHTS, match, limit)).fetchall()


def _only(found: list[tuple[int, float]], allowed: RowIds) -> list[tuple[int, float]]:
    rows = np.fromiter((row for row, _score in found), dtype=np.int64, count=len(found))
    return list(compress(found, among(rows, allowed)))


def match_expression(words: Sequence[str]) -> str:
    """Make an FTS5 expression of words, each quoted, joined with OR; empty without words."""
    return " OR ".join(f'"{word}"' for word in words)


def _connect(path: str) -> sqlite3.Connection:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    _switch_to_wal(connection)
    connection.execute("PRAGMA synchronous = NORMAL")
    if connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'words_update'").fetchone()[0] == 0:
        # executescript() takes no lock of its own, and two processes may make the tables at once.
        connection.executescript(f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {FORM}; COMMIT;")
    return connection


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """Switch a new file to write-ahead logging; SQLite does not wait for its lock there, so this does."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _top(scores: np.ndarray[Any, np.dtype[np.float32]], top_k: int) -> list[int]:
    count = min(top_k, len(scores))
    if count <= 0:
        return []
    nearest = np.argpartition(-scores, count - 1)[:count]
    ordered = nearest[np.argsort(-scores[nearest], kind="stable")]
    return [int(i) for i in ordered if np.isfinite(scores[i])]


def _chunks(items: Sequence[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(items), ROWS_A_QUERY):
        yield list(items[start : start + ROWS_A_QUERY])


def _row(document: Document, generation: int) -> dict[str, Any]:
    # Without its vector: turning that into a dictionary copies each number, a tenth of the time of an import.
    fields = replace(document, embedding=None).to_dict(flatten=False)
    vector = None if document.embedding is None else np.asarray(document.embedding, dtype=np.float32).tobytes()
    extra = {key: fields.get(key) for key in ("blob", "sparse_embedding") if fields.get(key) is not None}
    return {
        "id": document.id,
        "title": str(document.meta.get("title") or ""),
        "heading": str(document.meta.get("heading") or ""),
        "content": document.content,
        "meta": json.dumps(document.meta, default=str),
        "extra": json.dumps(extra),
        "embedding": vector,
        "generation": generation,
    }


def _document(row: tuple[Any, ...]) -> Document:
    _row_id, id_, content, meta, extra, embedding = row
    vector = None if embedding is None else np.frombuffer(embedding, dtype=np.float32).tolist()
    fields = {"id": id_, "content": content, "meta": json.loads(meta), "embedding": vector, **json.loads(extra)}
    document: Document = Document.from_dict(fields)
    return document
