"""One server for each `DATA_DIR` and database where the worker lives inside it: without Redis a second is out of earshot."""

import fcntl
import os
from pathlib import Path

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

FILE_NAME = "server.lock"
# Any number will do, as long as nothing else in the database takes an advisory lock of the same.
ADVISORY_KEY = 7_160_317_203


class ServerRunsAlreadyError(RuntimeError):
    """Another server with an embedded worker uses this folder."""


class ServerLock:
    """A lock on a folder's `server.lock`; the system releases it when the process ends, however it ends."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE_NAME
        self._handle: int | None = None

    def take(self) -> None:
        """Take the lock and write this process's number for whoever finds it taken.

        Raises:
            ServerRunsAlreadyError: another process holds it.
        """
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            holder = os.read(handle, 20).decode("ascii", "replace").strip()
            os.close(handle)
            raise ServerRunsAlreadyError(
                f"Another server (process {holder or 'unknown'}) runs with the worker inside and the data in "
                f"{self.path.parent}. Stop that process, start this one with one worker process only, or set "
                "REDIS_URL, so that several processes can work together."
            ) from exc
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode("ascii"))
        self._handle = handle

    def release(self) -> None:
        """Give the lock back; the file stays, because deleting it would let two processes hold one each."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


class DatabaseLock:
    """A lock in a PostgreSQL database, which servers on several machines share; in SQLite the folder's lock says it all."""

    def __init__(self) -> None:
        self._holder: BaseDatabaseWrapper | None = None

    def take(self) -> None:
        """Take the lock on a connection of its own; PostgreSQL releases it when that ends, however it ends.

        Raises:
            ServerRunsAlreadyError: another server holds it.
        """
        if connection.vendor != "postgresql":
            return
        holder = connection.copy()
        # Not from the pool, which would give the connection, and the lock with it, to others.
        holder.settings_dict["OPTIONS"] = {k: v for k, v in holder.settings_dict["OPTIONS"].items() if k != "pool"}
        with holder.cursor() as cursor:
            cursor.execute("select pg_try_advisory_lock(%s)", [ADVISORY_KEY])
            taken = cursor.fetchone()[0]
        if not taken:
            holder.close()
            raise ServerRunsAlreadyError(
                "Another server runs with the worker inside and the same database. Stop that one, or set REDIS_URL, "
                "so that several processes can work together."
            )
        self._holder = holder

    def release(self) -> None:
        """Give the lock back."""
        if self._holder is not None:
            self._holder.close()
            self._holder = None
