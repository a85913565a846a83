import pytest

from knowledge import ablation
from knowledge.ablation import KEPT, PARTS, Part, ablate
from knowledge.tests.test_evaluation import folder  # noqa: F401 - a fixture


@pytest.fixture
def parts(monkeypatch):
    """Fewer parts than the product's, each of which changes something that can be told."""
    chosen = (
        Part("as_it_is"),
        Part("without_title_vector", ingest={"title_share": 0.0}),
        Part("words_only", search={"lexical_weight": 1000.0}),
        Part("without_earlier_turns", is_alone=True),
    )
    monkeypatch.setattr(ablation, "PARTS", chosen)
    return chosen


def test_every_part_has_every_figure_and_its_time(folder, parts):  # noqa: F811
    figures = ablate(folder)
    assert set(figures) == {f"{part.name}_{name}" for part in parts for name in (*KEPT, "ms_p50", "ms_p95")}
    assert figures["as_it_is_recall_at_1"] == 1.0


def test_a_question_that_needs_what_was_said_before_is_lost_without_it(folder, parts, monkeypatch):  # noqa: F811
    asked = []

    def ask(index, question):
        asked.append((index.changes, question))

    monkeypatch.setattr(ablation, "ask", ask)
    monkeypatch.setattr(ablation, "figures_of", lambda _outcomes: dict.fromkeys(KEPT))
    ablate(folder)
    histories = [question.history for _changes, question in asked if question.text == "and how long?"]
    assert histories == [("I want a refund",), ("I want a refund",), (), ("I want a refund",)]
    assert {"lexical_weight": 1000.0} in [changes for changes, _question in asked]


def test_the_product_s_own_way_comes_first_and_changes_nothing():
    assert PARTS[0] == Part("as_it_is")
    assert len({part.name for part in PARTS}) == len(PARTS)
