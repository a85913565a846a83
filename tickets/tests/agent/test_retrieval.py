"""The search of a run is kept in the journal as plain values, so that a resume quotes the same words."""

import json
from typing import Any

import pytest

from knowledge.errors import SearchUnavailableError
from knowledge.services.answers import ExtractedAnswer, QuotedSentence
from knowledge.services.search import FoundPassage
from tickets.agent.policy import Answer, Cited, Sentence, to_json
from tickets.agent.retrieval import KEPT_PASSAGES, PASSAGE_LENGTH, retrieve
from tickets.tests.agent.builders import context, step


def passage(number: int, **changes: Any) -> FoundPassage:
    values: dict[str, Any] = {
        "passage_id": number, "revision_id": number, "article_id": number, "slug": f"article-{number}",
        "title": f"Article {number}", "heading": "Steps", "body": f"Press button {number}.", "start": 5, "end": 20,
        "score": 0.123456, "dense": 0.5, "lexical": 0.5, "origin": "article",
    }  # fmt: skip
    return FoundPassage(**(values | changes))


class Library:
    """A knowledge base that gives these passages and quotes the first one; it notes what it was asked."""

    def __init__(self, *passages: FoundPassage) -> None:
        self.passages = list(passages)
        self.searched: dict[str, Any] = {}
        self.composed: dict[str, Any] = {}

    def search(self, **given: Any) -> list[FoundPassage]:
        self.searched = given
        return self.passages

    def compose(self, **given: Any) -> ExtractedAnswer:
        self.composed = given
        found = given["passages"]
        quoted = tuple(QuotedSentence(text=p.body, passage=p, start=5, end=20, is_step=True) for p in found[:1])
        return ExtractedAnswer(sentences=quoted, probability=0.7 if quoted else 0.0, features={"score": 1.0})


@pytest.fixture
def library(monkeypatch) -> Library:
    made = Library(passage(1), passage(2))
    monkeypatch.setattr("knowledge.services.search.search", made.search)
    monkeypatch.setattr("knowledge.services.calibration.answer_question", made.compose)
    return made


def test_the_turn_is_searched_with_what_was_said_before_in_the_brands_first_language(library):
    seen = context("and for a team?", languages=("de", "en"))
    retrieve(seen)
    assert library.searched == {"query": "and for a team?", "history": (), "language": "de", "limit": 24}
    assert library.composed["question"] == "and for a team?"


def test_what_was_found_is_plain_and_complete(library):
    found = retrieve(context("how"))
    assert found == json.loads(json.dumps(found))
    assert (found["probability"], found["features"]) == (0.7, {"score": 1.0})
    assert found["passages"][0] == {
        "slug": "article-1", "title": "Article 1", "heading": "Steps", "revision_id": 1, "score": 0.1235,
        "text": "Press button 1.", "start": 5,
    }  # fmt: skip
    sentence = found["sentences"][0]
    assert sentence["text"] == "Press button 1."
    assert (sentence["slug"], sentence["title"], sentence["revision_id"]) == ("article-1", "Article 1", 1)
    assert (sentence["start"], sentence["end"], sentence["is_step"]) == (5, 20, True)


def test_only_the_best_passages_are_kept_and_long_ones_are_cut(library):
    library.passages = [passage(n, body="x" * 3000) for n in range(10)]
    kept = retrieve(context("how"))["passages"]
    assert len(kept) == KEPT_PASSAGES
    assert {len(row["text"]) for row in kept} == {PASSAGE_LENGTH}
    assert len(library.composed["passages"]) == 10


def test_a_search_that_breaks_finds_nothing_and_says_why(library, monkeypatch):
    def refuse(**_: Any) -> list[FoundPassage]:
        raise SearchUnavailableError("The search is away.")

    monkeypatch.setattr("knowledge.services.search.search", refuse)
    found = retrieve(context("how"))
    assert (found["error"], found["passages"], found["probability"]) == ("The search is away.", [], 0.0)


def test_nothing_found_answers_nothing(library):
    library.passages = []
    found = retrieve(context("how"))
    assert (found["probability"], found["passages"], found["sentences"]) == (0.0, [], [])


def said(revision_id: int | None):
    answer = Answer(sentences=(Sentence(text="x", source=0),), sources=(Cited(title="t", revision_id=revision_id),))
    return step("answer", **to_json(answer))


NOT_HELPFUL = step("understand", act="not_helpful")


def test_after_it_did_not_help_what_was_quoted_before_is_left_out(library):
    found = retrieve(context("no", earlier=(said(1),), steps=(NOT_HELPFUL,)))
    assert [row["revision_id"] for row in found["passages"]] == [2]
    assert found["sentences"][0]["revision_id"] == 2


def test_a_look_up_that_was_cited_leaves_nothing_out(library):
    found = retrieve(context("no", earlier=(said(None),), steps=(NOT_HELPFUL,)))
    assert len(found["passages"]) == 2


def test_another_question_may_be_answered_from_the_same_article(library):
    found = retrieve(context("how", earlier=(said(1),), steps=(step("understand", act="request"),)))
    assert [row["revision_id"] for row in found["passages"]] == [1, 2]
