"""Read scenarios and refuse malformed ones, naming file, scenario and key (DESIGN section 5, SCENARIOS section 1)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import yaml

from supportai.core.models import JSONDict

KEYS = frozenset({"name", "tags", "articles", "contact", "page", "sandbox", "settings", "history", "turns", "expect"})
TURN_KEYS = frozenset(
    {"say", "attach", "when", "unless_called", "wait", "expect", "approve", "deny", "by", "why", "takeover", "return_to_ai", "wait_for"}
)  # fmt: skip
EXPECT_KEYS = frozenset(
    {
        "outcome", "ledger", "calls", "never", "state", "reply_contains", "reply_lacks", "cites", "handoff", "triage",
        "approvals", "highlights",
    }
)  # fmt: skip
SETTINGS_KEYS = frozenset({"stages", "thresholds", "limits"})
TRIAGE_KEYS = frozenset({"intent", "priority", "team", "language", "sentiment", "spam", "entities"})
CONTACT_KEYS = frozenset({"email", "name", "verified", "organization", "plan"})
HISTORY_KEYS = frozenset({"contact", "created", "status", "outcome", "messages", "subject"})
ARTICLE_KEYS = frozenset({"slug", "title", "body"})
HANDOFF_KEYS = frozenset({"reason", "packet_contains"})
# What a turn may do; each has one of these.
DOES = frozenset({"say", "attach", "approve", "deny", "takeover", "return_to_ai", "wait_for"})
OUTCOMES = frozenset({"resolved", "waiting_customer", "waiting_approval", "handed_off"})


class MalformedScenarioError(Exception):
    """Something that is no scenario; the message says where and what to change."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario as plain values, with the file that it stands in; `problem` says why it cannot be played."""

    name: str
    file: str
    data: JSONDict
    problem: str = ""


def read_scenarios(paths: list[Path]) -> list[Scenario]:
    """Read all scenarios of files and folders (every *.yaml below), in the order of paths and names.

    A malformed one is read with its problem, so that it fails by itself and the others are played.

    Raises:
        MalformedScenarioError: a path that is not there, or no scenario at all.
    """
    scenarios = [scenario for path in paths for file in _files(path) for scenario in _read_file(file)]
    if not scenarios:
        raise MalformedScenarioError("No scenario found; give files or folders with *.yaml.")
    return scenarios


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(p for p in path.rglob("*") if p.suffix in {".yaml", ".yml"})
    if not path.exists():
        raise MalformedScenarioError(f"{path}: there is no such file or folder.")
    return [path]


def _read_file(file: Path) -> list[Scenario]:
    try:
        documents = list(yaml.safe_load_all(file.read_text(encoding="utf-8")))
    except (yaml.YAMLError, UnicodeDecodeError) as exc:
        return [Scenario(name=file.name, file=str(file), data={}, problem=f"{file}: {exc}")]
    return [_read(file, number, data) for number, data in enumerate(documents, start=1) if data is not None]


def _read(file: Path, number: int, data: Any) -> Scenario:
    name = data.get("name") if isinstance(data, dict) else None
    name = name if isinstance(name, str) else f"scenario {number}"
    place = f"{file.name}, scenario {number}"
    try:
        _check(data)
    except MalformedScenarioError as exc:
        return Scenario(name=name, file=str(file), data={}, problem=f"{place}: {exc}")
    return Scenario(name=name, file=str(file), data=plain(data))


def _check(data: Any) -> None:
    _known("", data, KEYS)
    if not isinstance(data.get("name"), str):
        raise MalformedScenarioError("it needs a name.")
    turns = data.get("turns")
    if not isinstance(turns, list) or not turns:
        raise MalformedScenarioError("it needs turns.")
    for index, turn in enumerate(turns, start=1):
        _known(f"turn {index}: ", turn, TURN_KEYS)
        if not DOES & set(turn):
            raise MalformedScenarioError(f"turn {index}: does nothing; write one of {', '.join(sorted(DOES))}.")
        _check_expect(f"turn {index}: expect.", turn.get("expect", {}))
    _known("contact.", data.get("contact", {}), CONTACT_KEYS)
    _known("settings.", data.get("settings", {}), SETTINGS_KEYS)
    for past in data.get("history", []):
        _known("history.", past, HISTORY_KEYS)
    for article in data.get("articles", []):
        _known("articles.", article, ARTICLE_KEYS)
    _check_expect("expect.", data.get("expect", {}))


def _check_expect(prefix: str, expect: Any) -> None:
    _known(prefix, expect, EXPECT_KEYS)
    _known(f"{prefix}triage.", expect.get("triage", {}), TRIAGE_KEYS)
    _known(f"{prefix}handoff.", expect.get("handoff", {}), HANDOFF_KEYS)
    unknown = set(as_list(expect.get("outcome", []))) - OUTCOMES
    if unknown:
        raise MalformedScenarioError(f"{prefix}outcome knows no {', '.join(sorted(map(str, unknown)))}.")


def _known(prefix: str, data: Any, keys: frozenset[str]) -> None:
    if not isinstance(data, dict):
        raise MalformedScenarioError(f"{prefix or 'it '}must be a mapping.")
    unknown = set(data) - keys
    if unknown:
        names = ", ".join(sorted(f"{prefix}{key}" for key in map(str, unknown)))
        raise MalformedScenarioError(f"unknown key {names}.")


def plain(value: Any) -> Any:
    """Write dates, which YAML makes of `2026-01-31`, as ISO times in UTC; all else stays."""
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
    return datetime.combine(value, time.min, tzinfo=UTC).isoformat() if isinstance(value, date) else value


def as_list(value: Any) -> list[Any]:
    """Give a value as a list: one stays one, a list stays itself."""
    return value if isinstance(value, list) else [value]
