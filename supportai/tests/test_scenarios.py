"""The scenario suite: scripted customers against the real agent, through the command that everybody uses."""

import json
from pathlib import Path

import pytest

from supportai.simulation.form import read_scenarios
from supportai.tests.model_brain import brain
from supportai.tests.model_server import ModelServer
from supportai.tests.servers import embedded_environment, run_manage

SCENARIOS = Path(__file__).with_name("scenarios")
AT_LEAST = 30


def test_the_suite_is_well_formed_and_names_each_scenario_once():
    scenarios = read_scenarios([SCENARIOS])
    assert [scenario.problem for scenario in scenarios if scenario.problem] == []
    names = [scenario.name for scenario in scenarios]
    assert len(names) == len(set(names)) >= AT_LEAST
    assert all(scenario.data.get("tags") for scenario in scenarios)


@pytest.mark.embedded
@pytest.mark.parametrize("policy", ["local", "llm"])
def test_every_scenario_passes(tmp_path, policy):
    report = tmp_path / "report.json"
    arguments = ("simulate", str(SCENARIOS), "--policy", policy, "--json", str(report))
    # Both know of a model; only one of them may ask it.
    with ModelServer(brain) as server:
        provider = {
            "SUPPORTAI_LLM_PROVIDER": "openai_compatible",
            "SUPPORTAI_LLM_MODEL": "scripted",
            "SUPPORTAI_LLM_BASE_URL": server.openai_url,
            "SUPPORTAI_LLM_API_KEY": "x",
        }
        _play(tmp_path, arguments, report, provider)
        assert bool(server.requests) is (policy == "llm")
    assert not list((tmp_path / "unused").glob("supportai.sqlite3*")), "the live data were not touched"


def _play(tmp_path, arguments, report, provider):
    try:
        run_manage(embedded_environment(tmp_path / "unused", **provider), *arguments, timeout=1200)
    finally:
        entries = json.loads(report.read_text())["scenarios"] if report.exists() else []
        failures = {entry["name"]: entry["failures"] for entry in entries if not entry["passed"]}
        assert failures == {}
    assert len(entries) >= AT_LEAST
