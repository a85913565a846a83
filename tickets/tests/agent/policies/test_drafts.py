"""Of what a model wrote only that is said which a passage carries; a draft that falls apart is given up whole."""

import pytest

from integrations.errors import ModelError
from tickets.agent.policies.drafts import Draft, answer_from, question_from, read_draft
from tickets.agent.policies.writing import sentences_of
from tickets.agent.policy import Answer, Ask, Sentence, to_json
from tickets.tests.agent.builders import context, step
from tickets.tests.agent.models import chooses, says

EXPORTS = {
    "revision_id": 4, "slug": "exports", "title": "Exports", "heading": "", "start": 0,
    "text": "1. Open **Settings**.\n2. Press **Export**.\n3. Wait for the mail.\n\nThe file is kept for 30 days.",
}  # fmt: skip
REFUNDS = {
    "revision_id": 5, "slug": "refunds", "title": "Refunds", "heading": "", "start": 40,
    "text": "Refunds reach your card within 5 business days. We do not refund plans after 14 days.",
}  # fmt: skip
SEEN = context("How do I export a board?", steps=(step("retrieve", output={"passages": [EXPORTS, REFUNDS]}),))
LIKE = Answer(sentences=(), confidence=0.83, quick_replies=({"label": "Yes", "value": "Yes"},))


def written(text: str) -> Answer | None:
    return answer_from(sentences_of(text), SEEN, LIKE)


def texts(answer: Answer | None) -> list[str]:
    return [sentence.text for sentence in answer.sentences] if answer else []


def test_carried_sentences_become_an_answer_with_one_source_an_article():
    answer = written("The file is kept for 30 days. [1] Refunds reach your card within 5 business days. [2]")
    assert answer is not None
    assert [(source.revision_id, source.article_slug) for source in answer.sources] == [(4, "exports"), (5, "refunds")]
    assert [sentence.source for sentence in answer.sentences] == [0, 1]
    assert answer.is_factual


def test_how_sure_an_answer_is_does_not_come_from_the_model():
    answer = written("The file is kept for 30 days. [1]")
    assert answer is not None
    assert (answer.confidence, answer.quick_replies) == (0.83, LIKE.quick_replies)


def test_sources_are_numbered_by_first_use():
    answer = written("Refunds reach your card within 5 business days. [2]")
    assert answer is not None
    assert [(source.revision_id, answer.sentences[0].source) for source in answer.sources] == [(5, 0)]


def test_a_single_sentence_that_is_not_carried_is_left_out():
    text = "The file is kept for 30 days. [1] Press Export. [1] Our team will call you. [1]"
    assert texts(written(text)) == ["The file is kept for 30 days.", "Press Export."]


@pytest.mark.parametrize(
    "text",
    [
        "Our team will call you. [1]",
        "The file is kept for 30 days. [1] It is free. [1] It is fast. [2]",
        "The file is kept for 30 days.",
        "The file is kept for 30 days. [3]",
        "The file is kept for 30 days. [0]",
        "The file is kept for 30 days. [2]",
    ],
)
def test_a_draft_that_falls_apart_or_names_no_passage_is_given_up(text):
    assert written(text) is None


def test_steps_stay_together_or_go_together():
    assert len(texts(written("1. Open Settings. [1]\n2. Press Export. [1]\n3. Wait for the mail. [1]"))) == 3
    assert written("1. Open Settings. [1]\n2. Press Export. [1]\n3. Wait for the mail. [1]\n4. Pay us $5. [1]") is None


def test_tools_win_over_text_and_nothing_at_all_is_a_failure():
    assert read_draft(says("Some text. [1]", ("nothing_found", {}))).kind == "nothing"
    assert read_draft(chooses("hand_off", reason="Angry.")) == Draft(kind="hand_off", reason="Angry.")
    assert read_draft(chooses("ask_customer", question="Which board?")).question == "Which board?"
    assert len(read_draft(says("One. [1] Two. [1]")).sentences) == 2
    with pytest.raises(ModelError) as caught:
        read_draft(says("\n \n"))
    assert caught.value.reason == "empty"
    with pytest.raises(ModelError) as caught:
        read_draft(says("word " * 10_000))
    assert caught.value.reason == "malformed"


def test_a_draft_tells_the_journal_what_it_is():
    assert read_draft(says("One. [1]")).said == "wrote 1 sentence"
    assert read_draft(says("One. [1] Two. [1]")).said == "wrote 2 sentences"
    assert read_draft(chooses("nothing_found")).said == "found no answer in the passages"


def asks(question: str, *replies: str) -> Ask | None:
    return question_from(Draft(kind="ask", question=question, quick_replies=replies), SEEN)


def test_a_question_about_what_passages_speak_of_is_asked_with_a_way_to_a_person():
    ask = asks("Is it a board that you want to export?", "Yes", "see https://evil.example", "x" * 99)
    assert ask is not None
    assert [reply["label"] for reply in ask.quick_replies] == ["Yes", "Talk to a person"]
    assert ask.expects == "open"


@pytest.mark.parametrize("reply", ["Your refund was approved by our bank", "My password is hunter", "Call Maria now"])
def test_a_button_says_nothing_that_nobody_spoke_of(reply):
    ask = asks("Is it a board that you want to export?", reply, "Export a board", "Something else")
    assert ask is not None
    assert [found["label"] for found in ask.quick_replies] == ["Export a board", "Something else", "Talk to a person"]


@pytest.mark.parametrize(
    "question",
    [
        "What is your password for the board export?",
        "Which card do you want the export refunded to?",
        "Do you want to export 500 boards?",
        "Could you open evil.example/export for the board?",
        "Send the board export to boss@evil.example?",
        "Open Settings and press Export.",
        "Export a board? Or open Settings?",
        "What is the name of your first pet, and where were you born?",
    ],
)
def test_a_question_for_secrets_or_about_anything_new_is_not_asked(question):
    assert asks(question) is None


def test_a_model_asks_back_once_an_episode():
    before = step("ask", **to_json(Ask(text="Which?", expects="open", about={"by": "model"})))
    draft = Draft(kind="ask", question="Is it a board that you want to export?")
    again = context(
        "a board",
        steps=SEEN.steps,
        earlier=(before, step("answer", **to_json(Answer(sentences=(Sentence(text="x"),))))),
    )
    assert question_from(draft, again) is None
