"""Tables of measured times: quantiles, the ratio to a yardstick, the load of the machine, and JSON for who compares runs."""

import json
import math
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

MILLISECONDS = 1000.0


def quantile(values: Sequence[float], share: float) -> float:
    """Give the smallest value that at least this share of the values does not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def load() -> str:
    """Tell how many processes wanted a core during the last minute, and how many cores there are."""
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


@dataclass(slots=True, kw_only=True)
class Line:
    """One measured thing; `ratio` is its figure divided by the yardstick's, whatever way is better."""

    name: str
    figures: dict[str, float]
    ratio: float | None = None
    note: str = ""


@dataclass(slots=True)
class Table:
    """What one bench found in one shape; the first line is the yardstick of the others."""

    title: str
    lines: list[Line] = field(default_factory=list)
    load: str = ""

    def times(
        self, name: str, seconds: Sequence[float], *, cpu: Sequence[float] = (), against: str = "", note: str = ""
    ) -> Line:
        """Add p50 and p95 of some durations and the median of processor times, as milliseconds.

        The ratio is of the processor times if there are any, since others' work hardly touches those; else of the p50.
        """
        figures = {
            "n": float(len(seconds)),
            "p50 ms": quantile(seconds, 0.5) * MILLISECONDS,
            "p95 ms": quantile(seconds, 0.95) * MILLISECONDS,
        }
        if cpu:
            figures["CPU ms"] = quantile(cpu, 0.5) * MILLISECONDS
        return self._add(name, figures, "CPU ms" if cpu else "p50 ms", against, note)

    def rate(self, name: str, per_second: float, *, unit: str = "per s", against: str = "", note: str = "") -> Line:
        """Add a rate."""
        return self._add(name, {unit: per_second}, unit, against, note)

    def _add(self, name: str, figures: dict[str, float], key: str, against: str, note: str) -> Line:
        other = next((line for line in self.lines if line.name == against and line.figures.get(key)), None)
        ratio = figures[key] / other.figures[key] if other else None
        line = Line(name=name, figures=figures, ratio=ratio, note=note)
        self.lines.append(line)
        self.load = load()
        return line

    def text(self) -> str:
        """Write the table with columns as wide as they need to be."""
        columns = list(dict.fromkeys(key for line in self.lines for key in line.figures))
        head = ["", *columns, "× yardstick", ""]
        rows = [[line.name, *_cells(line, columns), line.note] for line in self.lines]
        widths = [max(len(row[index]) for row in [head, *rows]) for index in range(len(head))]
        written = [
            "  ".join(_fit(cell, width, index) for index, (cell, width) in enumerate(zip(row, widths, strict=True)))
            for row in [head, *rows]
        ]
        return "\n".join([f"{self.title} ({self.load})", *(f"  {row.rstrip()}" for row in written), ""])


def _cells(line: Line, columns: Sequence[str]) -> list[str]:
    ratio = "" if line.ratio is None else _number(line.ratio)
    return [*(_number(line.figures[key]) if key in line.figures else "" for key in columns), ratio]


def _number(value: float) -> str:
    if value and abs(value) < 10 and not float(value).is_integer():  # noqa: PLR2004 - small ones need decimals
        return f"{value:.2f}"
    return f"{value:,.1f}" if abs(value) < 100 and not float(value).is_integer() else f"{value:,.0f}"  # noqa: PLR2004 - as above


def _fit(cell: str, width: int, index: int) -> str:
    return cell.rjust(width) if index else cell.ljust(width)


def show(table: Table) -> Table:
    """Print a table at once, so that a long run can be watched."""
    print(table.text(), flush=True)
    return table


def write_json(path: Path | None, bench: str, tables: Sequence[Table]) -> None:
    """Write all figures of a bench to a file, if one was asked for."""
    if path:
        content = {"bench": bench, "tables": [asdict(table) for table in tables]}
        path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
