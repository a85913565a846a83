"""The vectors of a store in memory, refreshed by the store's generation counter."""

import sqlite3
import threading
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RowIds = npt.NDArray[np.int64]
Matrix = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All vectors of one length at one generation: `rows` (n,) ascending, their `ids`, and `matrix` (n, d) float32."""

    generation: int
    rows: RowIds
    ids: list[str]
    matrix: Matrix
    places: dict[str, int]


class VectorMatrix:
    """Keeps one snapshot; a refresh reads only vectors that changed. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None

    def current(self, connection: sqlite3.Connection, dimensions: int) -> Snapshot:
        """Give vectors of that length as the store holds them now."""
        generation = generation_of(connection)
        snapshot = self._snapshot
        if snapshot is None or snapshot.generation != generation or snapshot.matrix.shape[1] != dimensions:
            with self._lock:
                snapshot = self._snapshot = _refreshed(connection, self._snapshot, dimensions)
        return snapshot


def generation_of(connection: sqlite3.Connection) -> int:
    """Read the counter that every write transaction increments."""
    row = connection.execute("SELECT generation FROM state").fetchone()
    return int(row[0])


def among(rows: RowIds, allowed: RowIds) -> Mask:
    """Tell of each row whether it is allowed; `allowed` is ascending."""
    if len(allowed) == 0:
        return np.zeros(len(rows), dtype=bool)
    places = np.minimum(np.searchsorted(allowed, rows), len(allowed) - 1)
    return np.equal(allowed[places], rows)


def _refreshed(connection: sqlite3.Connection, old: Snapshot | None, dimensions: int) -> Snapshot:
    if old is None or old.matrix.shape[1] != dimensions:
        empty = np.empty((0, dimensions), dtype=np.float32)
        old = Snapshot(generation=-1, rows=np.empty(0, dtype=np.int64), ids=[], matrix=empty, places={})
    connection.execute("BEGIN")
    try:
        generation = generation_of(connection)
        kept = np.fromiter(
            (
                r[0]
                for r in connection.execute(
                    "SELECT row FROM documents WHERE length(embedding) = ? AND generation <= ?",
                    (dimensions * 4, old.generation),
                )
            ),
            dtype=np.int64,
        )
        changed = connection.execute(
            "SELECT row, id, embedding FROM documents WHERE length(embedding) = ? AND generation > ?",
            (dimensions * 4, old.generation),
        ).fetchall()
    finally:
        connection.execute("COMMIT")
    held = np.isin(old.rows, kept, assume_unique=True)
    rows = np.concatenate([old.rows[held], np.array([r[0] for r in changed], dtype=np.int64)])
    fresh = np.frombuffer(b"".join(r[2] for r in changed), dtype=np.float32).reshape(-1, dimensions)
    matrix = np.concatenate([old.matrix[held], fresh])
    named = [old.ids[place] for place in np.flatnonzero(held)] + [r[1] for r in changed]
    order = np.argsort(rows)
    ids = [named[place] for place in order]
    return Snapshot(
        generation=generation,
        rows=rows[order],
        ids=ids,
        matrix=np.ascontiguousarray(matrix[order]),
        places={id_: place for place, id_ in enumerate(ids)},
    )
