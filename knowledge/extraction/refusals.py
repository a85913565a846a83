"""Why a file cannot be read, in words for the person who gave it."""


class CannotReadError(Exception):
    """The file holds nothing that can be used; the message says why and what to do."""
