"""The model of answerability is fitted on folders of questions and on our own."""

import json
from dataclasses import replace

import pytest

from knowledge.answerability_fit import across_sets, examples_of, fit_answerability
from knowledge.services import answerability
from knowledge.tests.test_evaluation import CORPUS, QUESTIONS


@pytest.fixture
def sets(tmp_path):
    for name, rows in (("corpus", CORPUS), ("dev", QUESTIONS)):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    lines = ["= invite", "How do I invite somebody?", "how can I add a colleague", "=", "Do you sell boats?"]
    (tmp_path / "own.txt").write_text("\n".join(lines))
    return [str(tmp_path), f"{tmp_path}:{tmp_path / 'own.txt'}"]


def test_the_fitted_model_has_the_form_that_the_product_reads(sets):
    examples = list(examples_of(sets, "all"))
    fitted = fit_answerability(examples, version=7)
    assert set(fitted["weights"]) == set(fitted["means"]) == set(fitted["scales"]) == set(answerability.FEATURES)
    assert (fitted["rows"], fitted["version"]) == (len(examples), 7)
    assert 0 < fitted["share_right"] < 1


def test_no_feature_means_the_opposite_of_what_it_says(sets):
    weights = fit_answerability(list(examples_of(sets, "all")), version=7)["weights"]
    assert all(weights[name] * sign >= 0 for name, sign in answerability.SIGNS.items())


def test_each_set_is_also_measured_by_a_model_that_has_not_seen_it(sets):
    examples = list(examples_of(sets, "all"))
    named = [replace(example, set_name=f"set-{number % 2}") for number, example in enumerate(examples)]
    figures = across_sets(named)
    assert set(figures) == {f"set-{n}_{what}" for n in (0, 1) for what in ("auroc", "coverage_at_95_right")}
    assert across_sets([example for example in named if example.set_name == "set-0"]) == {}
