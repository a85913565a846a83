"""Why a file cannot be read, in words for the person who gave it."""

MAX_CHARACTERS = 5_000_000


class CannotReadError(Exception):
    """The file holds nothing that can be used; the message says why and what to do."""


def refuse_too_long(text: str) -> None:
    """Let no text pass that is longer than any that people read; markup can make it many times longer than its file.

    Raises:
        CannotReadError: it is.
    """
    if len(text) > MAX_CHARACTERS:
        raise CannotReadError(
            f"Its text is longer than {MAX_CHARACTERS // 1_000_000} million characters. Cut it in parts."
        )
