"""Small statistics: percentiles of counted values, intervals of shares."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

# Two-sided 95 % of the normal distribution.
Z = 1.959963984540054
MIN_FOR_RATE = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """`count` of `total`; 95 % interval after Wilson (1927), fit for few cases and for shares near 0 and 1."""

    count: int
    total: int

    @property
    def value(self) -> float | None:
        """Give the share from 0 to 1; None of nothing."""
        return self.count / self.total if self.total else None

    @property
    def is_enough(self) -> bool:
        """Tell whether there are cases enough to speak of a rate; the counts of fewer say more."""
        return self.total >= MIN_FOR_RATE

    @property
    def interval(self) -> tuple[float, float] | None:
        """Give the lower and upper bound; None of nothing."""
        if self.total == 0:
            return None
        share, n = self.count / self.total, self.total
        middle = share + Z**2 / (2 * n)
        spread = Z * math.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
        scale = 1 + Z**2 / n
        # Of none and of all the bound is exact, whatever rounding makes of it.
        low = (middle - spread) / scale if self.count else 0.0
        return low, (middle + spread) / scale if self.count < n else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Median and 90th percentile of durations, in whole seconds; None without any."""

    count: int = 0
    median_seconds: int | None = None
    p90_seconds: int | None = None


def spread_of(counted: Iterable[tuple[int, int]]) -> Spread:
    """Give the spread of (seconds, how often) pairs in any order.

    A percentile is the smallest value that at least that share of the cases does not exceed (nearest rank).
    """
    pairs = sorted(counted)
    total = sum(often for _, often in pairs)
    if not total:
        return Spread()
    return Spread(
        count=total,
        median_seconds=_at_rank(pairs, math.ceil(total * 0.5)),
        p90_seconds=_at_rank(pairs, math.ceil(total * 0.9)),
    )


def _at_rank(pairs: list[tuple[int, int]], rank: int) -> int:
    seen = 0
    for seconds, often in pairs:
        seen += often
        if seen >= rank:
            return seconds
    raise ValueError("rank beyond the cases")


def summed(parts: Mapping[str, int], keys: Iterable[str]) -> int:
    """Add up some of the parts."""
    return sum(parts.get(key, 0) for key in keys)
