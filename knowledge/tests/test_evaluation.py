import json

import numpy as np
import pytest

from knowledge import evaluation
from knowledge.evaluation import FolderIndex, auroc, coverage, evaluate_retrieval, read_questions, read_rows

CORPUS = [
    {
        "id": "export",
        "title": "Export your data",
        "text": "Open Reports and choose Export. A CSV file is made for you.",
    },
    {"id": "invite", "title": "Invite a colleague", "text": "Open Team and choose Invite. The colleague gets a mail."},
    {
        "id": "refund",
        "title": "How long refunds take",
        "text": "Banks need 5 to 10 business days until the money shows.",
    },
]
QUESTIONS = [
    {"id": "1", "query": "how do I get a CSV export", "answer_ids": ["export"], "answerable": True},
    {"id": "2", "query": "when do I get my refund", "answer_ids": ["refund"], "answerable": True},
    {"id": "3", "query": "what is the weather in Paris", "answer_ids": [], "answerable": False},
    {"id": "4", "query": "and how long?", "answer_ids": ["refund"], "answerable": None,
     "history": [{"role": "user", "text": "I want a refund"}, {"role": "agent", "text": "Sure."}]},
]  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    for name, rows in (("corpus", CORPUS), ("dev", QUESTIONS)):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def test_figures_of_a_small_folder(folder):
    figures = evaluate_retrieval(folder)
    assert figures["recall_at_1"] == 1.0
    assert figures["mrr"] == figures["ndcg_at_10"] == figures["all_recall_at_10"] == 1.0
    assert figures["abstention_auroc"] == 1.0
    assert figures["index_docs_per_second"] > 0
    assert figures["query_ms_p50"] <= figures["query_ms_p95"]


def test_abstention_is_null_where_everything_is_answerable(folder):
    (folder / "dev.jsonl").write_text(json.dumps(QUESTIONS[0]) + "\n")
    assert evaluate_retrieval(folder)["abstention_auroc"] is None


def test_history_holds_the_customer_s_turns_only(folder):
    question = read_questions(folder / "dev.jsonl")[3]
    assert question.history == ("I want a refund",)
    assert question.is_answerable is None


def test_hidden_documents_are_not_found(folder):
    with FolderIndex(CORPUS) as index:
        outcome = evaluation.ask(index, read_questions(folder / "dev.jsonl")[1], without=["refund"])
    assert "refund" not in outcome.documents
    assert not outcome.is_right


def test_rows_are_split_at_line_feeds_only_and_a_bad_one_is_named(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text('{"id": "a", "text": "x\u2028y"}\n\n', encoding="utf-8")
    assert read_rows(path) == [{"id": "a", "text": "x\u2028y"}]
    path.write_text('{"id": 1}\n{broken\n')
    with pytest.raises(ValueError, match="line 2"):
        read_rows(path)


def test_auroc_counts_ties_half():
    labels = np.array([True, False])
    assert auroc(np.array([0.9, 0.1]), labels) == 1.0
    assert auroc(np.array([0.5, 0.5]), labels) == 0.5
    assert auroc(np.array([0.5]), np.array([True])) is None


def test_coverage_is_the_largest_share_that_stays_right():
    scores = np.array([0.9, 0.8, 0.7, 0.6])
    assert coverage(scores, np.array([True, True, False, False]), 0.9) == 0.5
    assert coverage(scores, np.array([False, False, False, False]), 0.9) == 0.0
    assert coverage(np.array([]), np.array([]), 0.9) is None


def test_a_robbed_question_counts_as_one_that_nothing_answers(folder):
    question = read_questions(folder / "dev.jsonl")[0]
    with FolderIndex(CORPUS) as index:
        outcome = evaluation.ask_robbed(index, question)
    assert "export" not in outcome.documents
    assert outcome.question.is_answerable is False
    assert not outcome.is_right


def test_at_most_half_of_the_answerable_questions_are_robbed_and_the_same_ones_each_time(folder):
    questions = read_questions(folder / "dev.jsonl")
    robbed = evaluation.drawn_to_rob(questions)
    assert len(robbed) == 1
    assert robbed < {0, 1}
    assert evaluation.drawn_to_rob(questions) == robbed
    assert len(evaluation.drawn_to_rob(questions[:1] * 200)) == evaluation.ROBBED


def test_abstention_is_also_measured_with_answers_taken_away(folder):
    figures = evaluate_retrieval(folder)
    assert figures["robbed_abstention_auroc"] is not None
