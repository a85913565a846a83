"""Our own questions name the section that answers them."""

import pytest

from knowledge import answers_evaluation as evaluation
from knowledge.answers_evaluation import evaluate_answers, read_section_questions

QUESTIONS = """
# a comment
= exports#As a file | CSV
How do I get my data out as CSV?
= exports#By mail; other
Can it be mailed?
=
Do you sell boats?
"""
ARTICLE = """---
slug: exports
title: Exports
---
## As a file
Open **Data** and choose **Export**. You get a CSV file with all of your data in it.

## By mail
Choose **Mail me** on the page Data, and the file with your data comes by mail within the hour.
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "exports.md").write_text(ARTICLE)
    (tmp_path / "questions.txt").write_text(QUESTIONS)
    return tmp_path


def test_questions_have_places_and_words(folder):
    first, second, third = read_section_questions(folder / "questions.txt")
    assert (first.places, first.says) == (("exports#As a file",), "CSV")
    assert second.places == ("exports#By mail", "other")
    assert third.places == ()


def test_the_halves_are_disjoint_and_complete(folder):
    halves = [{q.text for q in read_section_questions(folder / "questions.txt", split)} for split in ("dev", "held")]
    assert not halves[0] & halves[1]
    assert len(halves[0] | halves[1]) == 3


@pytest.mark.parametrize(("text", "split"), [("A question?", "all"), ("= a\nb", "test")])
def test_what_cannot_be_read_is_said(tmp_path, text, split):
    path = tmp_path / "q.txt"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"line 1|split"):
        read_section_questions(path, split)


def test_an_empty_folder_is_said(tmp_path):
    with pytest.raises(ValueError, match="no documents"):
        evaluation.corpus_rows(tmp_path)


def test_the_figures_count_right_sections_and_hand_overs(folder):
    figures = evaluate_answers(folder / "articles", folder / "questions.txt", threshold=0.0)
    assert figures["questions"] == 3
    assert figures["answerable"] == 2
    assert figures["right_section"] == 1.0
    assert (figures["answered_right"], figures["answered_wrong"], figures["handed_over"]) == (1.0, 0.0, 0.0)
    assert evaluate_answers(folder / "articles", folder / "questions.txt", threshold=1.1)["handed_over"] == 1.0


def test_a_question_is_also_asked_with_its_document_taken_away(folder):
    (folder / "articles" / "team.md").write_text("---\nslug: team\ntitle: Team\n---\nOpen Team and choose Invite.\n")
    ask = {"corpus": folder / "articles", "questions": folder / "questions.txt"}
    assert evaluate_answers(**ask, threshold=0.0)["answered_robbed"] == 1.0
    assert evaluate_answers(**ask, threshold=1.1)["answered_robbed"] == 0.0
    robbed = read_section_questions(folder / "questions.txt")[1]
    assert (robbed.is_of_its_document("exports"), robbed.is_of_its_document("team")) == (True, False)


def test_chances_that_come_true_as_often_have_no_error():
    import numpy as np

    chances, right = np.array([0.75] * 4), np.array([True, True, True, False])
    assert evaluation.expected_error(chances, right) == 0.0
    assert evaluation.expected_error(chances, ~right) == 0.5
