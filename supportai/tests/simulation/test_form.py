"""Scenarios are read strictly: what is not known is named with its place."""

from pathlib import Path

import pytest
import yaml

from supportai.simulation.form import MalformedScenarioError, plain, read_scenarios
from supportai.tests.simulation.builders import scenario, written


def problem_of(folder: Path, document) -> str:
    return read_scenarios([written(folder, document)])[0].problem


def test_documents_of_files_and_folders_are_read_in_order(tmp_path):
    (tmp_path / "b").mkdir()
    written(tmp_path / "b", scenario("hi", name="three"))
    written(tmp_path, scenario("hi", name="one"), scenario("hi", name="two")).rename(tmp_path / "a.yaml")
    assert [s.name for s in read_scenarios([tmp_path])] == ["one", "two", "three"]


def test_paths_without_scenarios_are_refused(tmp_path):
    with pytest.raises(MalformedScenarioError, match="no such file"):
        read_scenarios([tmp_path / "nowhere"])
    with pytest.raises(MalformedScenarioError, match="No scenario found"):
        read_scenarios([tmp_path])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"trns": []}, "unknown key trns"),
        ({"turns": []}, "needs turns"),
        ({"turns": ["hi"]}, "turn 1: must be a mapping"),
        ({"turns": [{"say": "x", "wiat": False}]}, "turn 1: wiat"),
        ({"turns": [{"when": "resolved"}]}, "does nothing"),
        ({"contact": {"mail": "x"}}, "contact.mail"),
        ({"settings": {"stage": {}}}, "settings.stage"),
        ({"expect": {"repy_contains": []}}, "expect.repy_contains"),
        ({"expect": {"outcome": "solved"}}, "knows no solved"),
        ({"expect": {"outcome": ["resolved", "gone"]}}, "knows no gone"),
        ({"expect": {"triage": {"mood": "bad"}}}, "triage.mood"),
        ({"expect": {"handoff": {"why": "x"}}}, "handoff.why"),
        ({"turns": [{"say": "x", "expect": {"outcom": "resolved"}}]}, "turn 1: expect.outcom"),
        ({"history": [{"said": "x"}]}, "history.said"),
        ({"articles": [{"slug": "a", "text": "x"}]}, "articles.text"),
    ],
)
def test_an_unknown_key_is_named_with_its_place(tmp_path, changes, words):
    problem = problem_of(tmp_path, scenario("hi", **changes))
    assert words in problem
    assert problem.startswith("s.yaml, scenario 1")


def test_a_scenario_without_a_name_and_a_file_that_is_no_yaml_are_read_with_their_problem(tmp_path):
    assert "needs a name" in problem_of(tmp_path, "turns: [{say: x}]\n")
    assert "s.yaml" in problem_of(tmp_path, "name: [\n")
    assert "must be a mapping" in problem_of(tmp_path, "- just a list\n")


def test_a_malformed_scenario_does_not_spoil_its_neighbours(tmp_path):
    path = written(tmp_path, scenario("hi", name="good"), scenario("hi", name="bad", oops=1))
    assert [(s.name, bool(s.problem)) for s in read_scenarios([path])] == [("good", False), ("bad", True)]


def test_dates_that_yaml_makes_become_times():
    data = yaml.safe_load("{a: 2026-01-31, b: [2026-01-31T10:00:00], c: text}")
    assert plain(data) == {"a": "2026-01-31T00:00:00+00:00", "b": ["2026-01-31T10:00:00+00:00"], "c": "text"}
