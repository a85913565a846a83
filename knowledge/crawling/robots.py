"""What a site says to robots: robots.txt (RFC 9309), and the directives of a page or its headers."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# As much of a robots.txt as a crawler has to read (RFC 9309 section 2.5).
MAX_ROBOTS_BYTES = 512_000
AGENT_PREFIX = re.compile(r"\A\s*([A-Za-z][\w-]*)\s*:\s*")
VALUES = frozenset({"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"})


class Robots:
    """The rules of one site for one agent."""

    def __init__(self, text: str, agent: str) -> None:
        from protego import Protego

        self._rules: Any = Protego.parse(text[:MAX_ROBOTS_BYTES])
        self._agent = agent

    def can_read(self, address: str) -> bool:
        """Tell whether the site lets us read a page."""
        return bool(self._rules.can_fetch(address, self._agent))

    @property
    def delay_seconds(self) -> float:
        """Give the pause between requests that the site asks for, 0 when it asks for none."""
        return float(self._rules.crawl_delay(self._agent) or 0.0)

    @property
    def sitemaps(self) -> list[str]:
        """Give the sitemaps that the site names."""
        return list(self._rules.sitemaps)


@dataclass(frozen=True, slots=True)
class Directives:
    """Whether a page may be kept, and its links followed."""

    is_noindex: bool = False
    is_nofollow: bool = False


def read_directives(metas: Iterable[str], headers: Mapping[str, str], agent: str) -> Directives:
    """Read the `robots` metas of a page and its `X-Robots-Tag`; what speaks to other agents is passed over."""
    words: set[str] = set()
    for text in metas:
        words |= {word.strip().lower() for word in text.split(",")}
    speaks_to_us = True
    for part in headers.get("x-robots-tag", "").split(","):
        match = AGENT_PREFIX.match(part)
        if match and match[1].lower() not in VALUES:
            speaks_to_us = match[1].lower() in {agent.lower(), "robots", "*"}
            part = part[match.end() :]  # noqa: PLW2901 - the rest of it
        if speaks_to_us:
            words.add(part.strip().lower())
    return Directives(bool(words & {"noindex", "none"}), bool(words & {"nofollow", "none"}))
