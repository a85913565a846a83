"""One server for each `DATA_DIR` where the worker lives inside it: without Redis a second one is out of earshot."""

import fcntl
import os
from pathlib import Path

FILE_NAME = "server.lock"


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
