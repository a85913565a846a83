"""Paths of headings, as passages carry them."""

JOINT = " › "


def last_heading(path: str) -> str:
    """Give the heading that stands right above a passage."""
    return path.rpartition(JOINT)[2]
