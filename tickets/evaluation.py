"""Measure how well intents are understood, with the heads that live tickets use (forms: DESIGN section 6, `intents`)."""

import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings as django_settings

from knowledge.evaluation import auroc, coverage, read_rows
from tickets.agent import understanding
from tickets.models import AgentConfiguration
from tickets.selectors_agent import AgentSettings, IntentRule

OUTSIDE = "oos"
OTHER = "other"
BINS = 15
PRECISION = 0.95
ACCEPTED = 0.95

Figures = dict[str, float | None]
Ranked = tuple[tuple[str, float], ...]
Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Example:
    """A text with its label; `oos` marks what belongs to none of the intents."""

    text: str
    label: str


@dataclass(frozen=True, slots=True)
class Understood:
    """What the product makes of one row: its label, what it says of intents alone, and how likely it is none of them."""

    label: str
    sure: float
    intent: str
    intent_chance: float
    outside_chance: float


def evaluate_intents(
    folder: Path, split: str = "dev", on_row: Callable[[int], object] = lambda _count: None
) -> Figures:
    """Teach the product the intents of train.jsonl, ask it {split}.jsonl, and give the figures.

    Rows labelled `oos` in train.jsonl are phrases of the product's `other` intent.

    Raises:
        ValueError: a file is malformed, or there are not two labels to learn.
        KeyError: a row lacks a field.
    """
    train, asked = _read(folder / "train.jsonl"), _read(folder / f"{split}.jsonl")
    if len({example.label for example in train}) < 2:  # noqa: PLR2004 - one label is no choice
        raise ValueError("train.jsonl has fewer than two labels")
    taught = _settings(train)
    found, milliseconds = [], []
    with _own_data_dir():
        started = time.monotonic()
        understanding.classify_intent(train[0].text, history=(), settings=taught)
        train_seconds = time.monotonic() - started
        for example in asked:
            started = time.monotonic()
            ranked = understanding.classify_intent(example.text, history=(), settings=taught)
            milliseconds.append((time.monotonic() - started) * 1000)
            found.append(_understood(ranked))
            on_row(1)
    return {
        **figures(asked, found),
        "train_seconds": round(train_seconds, 1),
        "ms_per_item_p50": _percentile(milliseconds, 50),
        "ms_per_item_p95": _percentile(milliseconds, 95),
    }


def figures(asked: Sequence[Example], found: Sequence[Understood]) -> Figures:
    """Compare what was understood with the labels; null where there is no row of a kind.

    `aurc` is the mean share of wrong answers over all thresholds, surest answers first. There and in the coverage a row
    outside all intents is right only when it is not answered.
    """
    is_outside = np.array([example.label == OUTSIDE for example in asked], dtype=bool)
    right = np.array([row.label == example.label for row, example in zip(found, asked, strict=True)], dtype=bool)
    answered = np.array([row.intent == example.label for row, example in zip(found, asked, strict=True)], dtype=bool)
    sure = np.array([row.sure for row in found])
    intent_chance = np.array([row.intent_chance for row in found])
    outside = np.array([row.outside_chance for row in found])
    return {
        "accuracy": _share(right[~is_outside]),
        "ece": calibration_error(sure[~is_outside], right[~is_outside]),
        "aurc": _risk(intent_chance, answered),
        "coverage_at_95_precision": coverage(intent_chance, answered, PRECISION),
        "oos_auroc": auroc(outside, is_outside),
        "oos_recall_at_95_in_scope": recall_outside(outside, is_outside),
    }


def calibration_error(sure: Array, right: Array) -> float | None:
    """Give the expected calibration error over equal-width bins, each with its upper end; None without rows."""
    if not len(sure):
        return None
    bins = np.clip(np.ceil(sure * BINS).astype(int) - 1, 0, BINS - 1)
    gaps = [
        (bins == place).mean() * abs(sure[bins == place].mean() - right[bins == place].mean())
        for place in np.unique(bins)
    ]
    return round(float(sum(gaps)), 4)


def recall_outside(outside: Array, is_outside: Array) -> float | None:
    """Give the share of outside rows that are refused where 95 % of the others are accepted; None without both kinds."""
    within = np.sort(outside[~is_outside])
    if not len(within) or is_outside.sum() == 0:
        return None
    limit = within[int(np.ceil(ACCEPTED * len(within))) - 1]
    return _share(outside[is_outside] > limit)


def _risk(sure: Array, right: Array) -> float | None:
    if not len(sure):
        return None
    order = np.argsort(-sure, kind="stable")
    wrong = np.cumsum(~right[order]) / np.arange(1, len(order) + 1)
    return round(float(wrong.mean()), 4)


def _read(path: Path) -> list[Example]:
    return [Example(_text(row, "text"), _text(row, "label")) for row in read_rows(path)]


def _text(row: dict[str, Any], name: str) -> str:
    value = row[name]
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{name} must be a text, not {value!r}")
    return value


def _settings(train: Sequence[Example]) -> AgentSettings:
    """Configure the product as a lead would: an intent for each label, with its rows as phrases."""
    phrases: dict[str, list[str]] = defaultdict(list)
    for example in train:
        phrases[_slug(example.label)].append(example.text)
    row = AgentConfiguration()
    return AgentSettings(
        version="evaluation",
        is_on=row.is_on,
        answer_threshold=row.answer_threshold,
        act_threshold=row.act_threshold,
        silence=timedelta(hours=row.silence_hours),
        max_steps=row.max_steps,
        max_seconds=row.max_seconds,
        intents=tuple(_intent(slug, texts, row.default_stage) for slug, texts in sorted(phrases.items())),
        procedures=(),
    )


def _intent(slug: str, texts: Sequence[str], stage: str) -> IntentRule:
    return IntentRule(
        slug=slug, name=slug, phrases=tuple(texts), team_id=None, priority="normal", is_how_to=False, stage=stage
    )


def _slug(label: str) -> str:
    # A data set may have an `other` of its own, which is an intent like any.
    return OTHER if label == OUTSIDE else f"label:{label}"


def _understood(ranked: Ranked) -> Understood:
    chances = dict(ranked)
    outside = chances.pop(OTHER, 0.0)
    intent, chance = max(chances.items(), key=lambda pair: pair[1])
    name = intent.removeprefix("label:")
    if outside > chance:
        return Understood(OUTSIDE, outside, name, chance, outside)
    return Understood(name, chance, name, chance, outside)


def _share(values: Array) -> float | None:
    return round(float(values.mean()), 4) if len(values) else None


def _percentile(values: Sequence[float], percent: int) -> float | None:
    return round(float(np.percentile(values, percent)), 1) if values else None


@contextmanager
def _own_data_dir() -> Iterator[None]:
    """Keep the vectors of the examples out of the live data folder."""
    before = django_settings.DATA_DIR
    with tempfile.TemporaryDirectory(prefix="supportai-evaluate-") as folder:
        django_settings.DATA_DIR = Path(folder)
        try:
            yield
        finally:
            django_settings.DATA_DIR = before
