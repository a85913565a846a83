"""Files of a request: as many are kept as can be taken, the rest is counted and dropped, so that a form can say so."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest

# Each file above FILE_UPLOAD_MAX_MEMORY_SIZE is an open one on disk until the request ends.
MOST_FILES = 100
# All files of one request together; docs/operations.md and the proxy of compose.yaml name it too.
MOST_BYTES = 250_000_000
# What a stranger may store for the length of a request, around the one file that the widget sends.
AROUND = 1_000_000


@dataclass(slots=True)
class Received:
    """What came with a request, kept or not."""

    size_bytes: int = 0
    files: int = 0
    dropped: int = 0

    @property
    def refusal(self) -> str:
        """Say why not everything was taken, and what to do; empty when it was."""
        if not self.dropped:
            return ""
        if self.files > MOST_FILES:
            return (
                f"{self.files} files came, and at most {MOST_FILES} can be taken at once. Put them in a zip archive and "
                "choose that. Nothing was uploaded; what you filled in is still here."
            )
        return (
            f"The files have {self.size_bytes / 1_000_000:.0f} MB together, and at most {MOST_BYTES // 1_000_000} MB can be "
            "taken at once. Choose some of them now and the rest after that. Nothing was uploaded; what you filled in is "
            "still here."
        )


class BoundedUploadHandler(FileUploadHandler):
    """Stands before Django's handlers and keeps from them what is too much; the parser reads on to the end."""

    received: Received
    kept: int

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, str],  # noqa: N803 - Django's name
        content_length: int,
        boundary: Any,
        encoding: str | None = None,
    ) -> None:
        """Begin to count; the request holds the figures."""
        del input_data, META, boundary, encoding
        self.received, self.kept = Received(size_bytes=content_length), 0
        vars(self.request)["received_files"] = self.received
        # A view that runs before any login, such as the widget's, has no user.
        user = getattr(self.request, "user", None)
        is_known = user is not None and user.is_authenticated
        self.most_bytes = MOST_BYTES if is_known else settings.MAX_UPLOAD_BYTES + AROUND

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Count a file, and drop it when there are enough."""
        super().new_file(*args, **kwargs)
        self.received.files += 1
        if self.received.files > MOST_FILES:
            self._drop()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Count what is kept, and drop the file that is too much."""
        del start
        if self.kept + len(raw_data) > self.most_bytes:
            self._drop()
        self.kept += len(raw_data)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leave the file to the handlers behind."""

    def _drop(self) -> None:
        self.received.dropped += 1
        raise SkipFile


def received_with(request: HttpRequest) -> Received:
    """Tell what files came with a request."""
    # Reading them is what counts them.
    assert request.FILES is not None
    found: Received | None = vars(request).get("received_files")
    return found or Received()
