"""The scenario suite: scripted customers against the real agent, through the command that everybody uses."""

import json
from pathlib import Path

import pytest

from supportai.simulation.form import read_scenarios
from supportai.tests.servers import manage

SCENARIOS = Path(__file__).with_name("scenarios")
AT_LEAST = 30


def test_the_suite_is_well_formed_and_names_each_scenario_once():
    scenarios = read_scenarios([SCENARIOS])
    assert [scenario.problem for scenario in scenarios if scenario.problem] == []
    names = [scenario.name for scenario in scenarios]
    assert len(names) == len(set(names)) >= AT_LEAST
    assert all(scenario.data.get("tags") for scenario in scenarios)


@pytest.mark.embedded
def test_every_scenario_passes(tmp_path):
    report = tmp_path / "report.json"
    try:
        manage(tmp_path / "unused", "simulate", str(SCENARIOS), "--json", str(report), timeout=1200)
    finally:
        entries = json.loads(report.read_text())["scenarios"] if report.exists() else []
        failures = {entry["name"]: entry["failures"] for entry in entries if not entry["passed"]}
        assert failures == {}
    assert len(entries) >= AT_LEAST
    assert not list((tmp_path / "unused").glob("supportai.sqlite3*")), "the live data were not touched"
