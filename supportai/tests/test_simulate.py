"""The command: what it prints, writes and leaves with."""

import io
import json

import pytest
from django.core.management import call_command

from supportai.management.commands import simulate
from supportai.simulation.form import Scenario
from supportai.simulation.runner import SimulationError, _environment, failed
from supportai.tests.simulation.builders import scenario, written


@pytest.fixture
def command(monkeypatch):
    """Run the command without child processes; `entries` maps names to failures."""

    def run(*arguments, entries=None):
        def pretend(scenarios, *, repeat, children, policy, on_entry):
            played = [
                {"name": s.name, "file": s.file, **failed(s.problem or entries[s.name])}
                | (
                    {"passed": True, "failures": [], "outcome": "resolved"}
                    if not (s.problem or entries[s.name])
                    else {}
                )
                for s in scenarios
                for _ in range(repeat)
            ]
            for entry in played:
                on_entry(entry)
            return played

        monkeypatch.setattr(simulate, "run_scenarios", pretend)
        out, err = io.StringIO(), io.StringIO()
        try:
            call_command("simulate", *map(str, arguments), stdout=out, stderr=err)
        except SystemExit as exc:
            return exc.code, out.getvalue(), err.getvalue()
        return 0, out.getvalue(), err.getvalue()

    return run


def test_the_status_is_0_when_all_pass_and_the_report_is_complete(tmp_path, command):
    path = written(tmp_path, scenario("hi", name="one"))
    report = tmp_path / "out.json"
    status, out, _ = command(path, "--repeat", "2", "--json", report, entries={"one": ""})
    assert status == 0
    assert "2 passed, 0 failed" in out
    data = json.loads(report.read_text())
    assert (data["passed"], data["failed"]) == (2, 0)
    assert {"name", "file", "passed", "failures", "outcome", "seconds", "calls", "replies"} <= set(data["scenarios"][0])


def test_the_status_is_1_when_one_fails_and_says_why(tmp_path, command):
    path = written(tmp_path, scenario("hi", name="one"), scenario("hi", name="two"))
    status, out, _ = command(path, entries={"one": "", "two": "outcome is resolved, expected handed_off"})
    assert status == 1
    assert "expected handed_off" in out
    assert "1 passed, 1 failed" in out


def test_a_malformed_scenario_fails_and_a_missing_path_is_refused(tmp_path, command):
    status, out, _ = command(written(tmp_path, scenario("hi", name="one", oops=1)), entries={})
    assert (status, "unknown key oops" in out) == (1, True)
    status, _, err = command(tmp_path / "nowhere", entries={})
    assert (status, "no such file" in err) == (2, True)


def test_the_llm_policy_without_a_provider_is_refused_with_status_2(tmp_path, command, monkeypatch):
    for name in ("SUPPORTAI_LLM_PROVIDER", "SUPPORTAI_LLM_MODEL"):
        monkeypatch.delenv(name, raising=False)
    status, _, err = command(written(tmp_path, scenario("hi")), "--policy", "llm", entries={"x": ""})
    assert status == 2
    assert "SUPPORTAI_LLM_PROVIDER" in err


def test_an_unknown_provider_is_refused_with_those_there_are(tmp_path, command, monkeypatch):
    monkeypatch.setenv("SUPPORTAI_LLM_PROVIDER", "hal")
    monkeypatch.setenv("SUPPORTAI_LLM_MODEL", "9000")
    status, _, err = command(written(tmp_path, scenario("hi")), "--policy", "llm", entries={"x": ""})
    assert status == 2
    assert "'hal'" in err
    assert "openai_compatible" in err


@pytest.mark.parametrize(("arguments", "policy"), [((), "local"), (("--policy", "llm"), "llm")])
def test_the_policy_reaches_the_children(tmp_path, monkeypatch, arguments, policy):
    monkeypatch.setenv("SUPPORTAI_LLM_PROVIDER", "openai")
    monkeypatch.setenv("SUPPORTAI_LLM_MODEL", "m")
    given = {}
    monkeypatch.setattr(simulate, "run_scenarios", lambda scenarios, **options: given.update(options) or [])
    call_command("simulate", str(written(tmp_path, scenario("hi"))), *arguments, stdout=io.StringIO())
    assert given["policy"] == policy


def test_only_the_llm_policy_lets_a_provider_into_the_children(tmp_path, monkeypatch):
    monkeypatch.setenv("SUPPORTAI_LLM_API_KEY", "secret")
    monkeypatch.setenv("DATABASE_URL", "postgres://live")
    assert "SUPPORTAI_LLM_API_KEY" not in _environment(tmp_path, "local")
    assert _environment(tmp_path, "llm")["SUPPORTAI_LLM_API_KEY"] == "secret"
    assert "DATABASE_URL" not in _environment(tmp_path, "llm")


def test_children_that_cannot_start_give_status_2(tmp_path, monkeypatch):
    def break_down(scenarios, **_):
        raise SimulationError("The template could not be made: boom")

    monkeypatch.setattr(simulate, "run_scenarios", break_down)
    err = io.StringIO()
    with pytest.raises(SystemExit) as caught:
        call_command("simulate", str(written(tmp_path, scenario("hi"))), stderr=err)
    assert caught.value.code == 2
    assert "boom" in err.getvalue()


def test_a_scenario_with_a_problem_is_not_played():
    from supportai.simulation.runner import run_scenarios

    entries = run_scenarios([Scenario(name="a", file="f", data={}, problem="unknown key x")], repeat=2)
    assert [(entry["repeat"], entry["failures"]) for entry in entries] == [
        (1, ["unknown key x"]),
        (2, ["unknown key x"]),
    ]
