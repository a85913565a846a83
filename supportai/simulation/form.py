"""Read scenarios and refuse malformed ones, naming file, scenario and key (DESIGN section 5, SCENARIOS section 1)."""

from dataclasses import dataclass
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
OUTCOMES = frozenset({"resolved", "waiting_customer", "waiting_approval", "handed_off"})


class MalformedScenarioError(Exception):
    """A file that is no list of scenarios; the message says where and what to change."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario as plain values, with the file that it stands in."""

    name: str
    file: str
    data: JSONDict


def read_scenarios(paths: list[Path]) -> list[Scenario]:
    """Read all scenarios of files and folders (every *.yaml below), in the order of paths and names.

    Raises:
        MalformedScenarioError: a path that is not there, bad YAML, or an unknown or missing key.
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
        raise MalformedScenarioError(f"{file}: {exc}") from exc
    return [_check(file, number, data) for number, data in enumerate(documents, start=1) if data is not None]


def _check(file: Path, number: int, data: Any) -> Scenario:
    place = f"{file}, scenario {number}"
    if not isinstance(data, dict) or not isinstance(data.get("name"), str):
        raise MalformedScenarioError(f"{place}: needs a name.")
    place = f"{place} ({data['name']})"
    _known(place, "", data, KEYS)
    turns = data.get("turns")
    if not isinstance(turns, list) or not turns:
        raise MalformedScenarioError(f"{place}: needs turns.")
    for index, turn in enumerate(turns, start=1):
        _known(place, f"turn {index}: ", turn, TURN_KEYS)
        _check_expect(place, f"turn {index}: expect.", turn.get("expect", {}))
    _known(place, "contact.", data.get("contact", {}), CONTACT_KEYS)
    _known(place, "settings.", data.get("settings", {}), SETTINGS_KEYS)
    _check_expect(place, "expect.", data.get("expect", {}))
    return Scenario(name=data["name"], file=str(file), data=data)


def _check_expect(place: str, prefix: str, expect: Any) -> None:
    _known(place, prefix, expect, EXPECT_KEYS)
    _known(place, f"{prefix}triage.", expect.get("triage", {}), TRIAGE_KEYS)
    _known(place, f"{prefix}handoff.", expect.get("handoff", {}), frozenset({"reason", "packet_contains"}))
    unknown = set(as_list(expect.get("outcome", []))) - OUTCOMES
    if unknown:
        raise MalformedScenarioError(f"{place}: {prefix}outcome knows no {', '.join(sorted(map(str, unknown)))}.")


def _known(place: str, prefix: str, data: Any, keys: frozenset[str]) -> None:
    if not isinstance(data, dict):
        raise MalformedScenarioError(f"{place}: {prefix or 'it '}must be a mapping.")
    unknown = set(data) - keys
    if unknown:
        names = ", ".join(sorted(f"{prefix}{key}" for key in map(str, unknown)))
        raise MalformedScenarioError(f"{place}: unknown key {names}.")


def as_list(value: Any) -> list[Any]:
    """Give a value as a list: one stays one, a list stays itself."""
    return value if isinstance(value, list) else [value]
