"""The words of a question that both stores search for, and what each is worth."""

import math
import re
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from knowledge.stopwords import content_words

WORD = re.compile(r"\w+", re.UNICODE)
BETWEEN_WORDS = re.compile(r"[^\w'’]|_")
# Elasticsearch allows about a thousand clauses, and a pasted log has more words than a question.
MOST_WORDS = 256
MOST_TIMES = 3
# A word that stands in half of all passages tells none from another (its BM25 is 0 in FTS5), and among many passages
# one that stands in thousands costs more time than all others together (docs/knowledge.md).
COMMON_SHARE = 0.5
COMMON_PASSAGES = 3000
# Among so few every word is cheap, and counts say little.
FEW_PASSAGES = 1000
REMEMBERED_SECONDS = 60.0
LEAST_WEIGHT = 1e-6


def query_words(query: str) -> list[str]:
    """Give the content words of a query, in order; all its words when it has no others.

    What is said again and again counts more, but far less than as often as it is said: a word comes 1 + ln(n) times, 3
    times at most. In a long request this tells what it is about (docs/results.md); in a question it changes nothing.
    """
    words = content_words(query) or [word.lower() for word in WORD.findall(query)]
    counts = list(Counter(words).items())[:MOST_WORDS]
    return [word for word, count in counts for _time in range(min(round(1 + math.log(count)), MOST_TIMES))]


def spaced(text: str) -> str:
    """Separate words as FTS5's `unicode61` does: `refund_never_processed` and `v2.5` are several, accents are gone."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return BETWEEN_WORDS.sub(" ", plain)


def inverse_frequency(count: int, total: int) -> float:
    """Give what FTS5 takes for the worth of a word that `count` of `total` passages have."""
    odds = (total - count + 0.5) / (count + 0.5)
    return max(math.log(odds), LEAST_WEIGHT) if odds > 0 else LEAST_WEIGHT


def telling(words: Iterable[str], counts: Mapping[str, int], total: int) -> list[str]:
    """Leave out common words; of common words alone the rarest stays."""
    words = list(words)
    if total < FEW_PASSAGES or not words:
        return words
    limit = min(total * COMMON_SHARE, COMMON_PASSAGES)
    kept = [word for word in words if counts[word] <= limit]
    rarest = min(counts[word] for word in words)
    return kept or [word for word in words if counts[word] == rarest]


class _Kept(NamedTuple):
    """What is known: replaced as a whole, since several threads read it."""

    counts: dict[str, int]
    total: int
    until: float


class WordCounts:
    """In how many passages words stand, and how many there are, asked for once a minute and after own writes.

    :param count: Asks the store: words to (passages with each of them, all passages).
    """

    def __init__(self, count: Callable[[list[str]], tuple[dict[str, int], int]]) -> None:
        self._count = count
        self.forget()

    def forget(self) -> None:
        """Ask anew."""
        self._kept = _Kept({}, 0, 0.0)

    def of(self, words: Iterable[str]) -> tuple[dict[str, int], int]:
        """Give the number of passages with each word, and of all passages."""
        wanted, kept = set(words), self._kept
        if time.monotonic() > kept.until:
            kept = _Kept({}, 0, time.monotonic() + REMEMBERED_SECONDS)
        unknown = sorted(wanted - kept.counts.keys())
        if unknown:
            counts, total = self._count(unknown)
            self._kept = kept = _Kept({**kept.counts, **counts}, total, kept.until)
        return {word: kept.counts[word] for word in wanted}, kept.total
