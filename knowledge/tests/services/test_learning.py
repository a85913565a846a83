from datetime import timedelta

import pytest

from accounts.tests.factories import UserFactory
from knowledge.errors import ArticleNotFoundError, SuggestionDecidedError
from knowledge.models import Article, EvaluationCase, Observation, Suggestion
from knowledge.services import ingestion, learning
from knowledge.services.answers import compose
from knowledge.services.search import search
from supportai.core import clock
from supportai.core.actors import Actor
from supportai.core.errors import InvalidInputError
from supportai.core.models import OutboxEvent

pytestmark = pytest.mark.django_db

QUESTION = "Hi! Where do I find the Ghanaian tax table?"
ANSWER = "Hi Ana,\n\nOpen Settings, then Taxes, and choose Ghana. The table is loaded within a minute.\n\nBest,\nInes"


def observe(question=QUESTION, answer=ANSWER, origin="ticket:1:1"):
    return learning.observe(question=question, answer=answer, origin=origin)


@pytest.fixture
def lead():
    return Actor.staff(UserFactory().pk)


def test_an_answer_becomes_an_open_suggestion_without_greetings():
    suggestion = observe()
    assert suggestion.title == "Where do I find the Ghanaian tax table?"
    assert suggestion.body == "Open Settings, then Taxes, and choose Ghana. The table is loaded within a minute."
    assert (suggestion.state, suggestion.support_count, suggestion.note) == (Suggestion.State.OPEN, 1, "")
    assert OutboxEvent.objects.get().name == "knowledge.events.SuggestionMade"


def test_the_same_origin_teaches_once():
    assert observe() == observe()
    assert Observation.objects.count() == 1
    assert Suggestion.objects.get().support_count == 1


def test_the_same_question_and_answer_support_one_suggestion():
    first = observe()
    second = observe(
        question="where can I find the Ghanaian tax table",
        answer="Open Settings, go to Taxes and choose Ghana; the table is loaded within a minute.",
        origin="ticket:2:1",
    )
    assert second == first
    assert second.support_count == 2
    assert Observation.objects.count() == 2


def test_the_same_question_with_another_answer_is_a_conflict():
    first = observe()
    second = observe(answer="No, Ghana is not supported. Enter the rates by hand.", origin="ticket:2:1")
    assert second != first
    assert second.conflicts_with == first
    assert "Another answer" in second.note


def test_another_question_is_a_suggestion_of_its_own():
    observe()
    other = observe(question="How do I invite a colleague?", answer="Open Team and choose Invite.", origin="ticket:2:1")
    assert other.conflicts_with is None
    assert Suggestion.objects.count() == 2


def test_an_answer_about_one_account_needs_an_edit():
    suggestion = observe(answer="I have refunded your charge, write to ana@northwind.example if it is late.")
    assert suggestion.state == Suggestion.State.NEEDS_EDIT
    assert "ana@" not in suggestion.body
    assert suggestion.note


@pytest.mark.parametrize(("question", "answer"), [("", ANSWER), (QUESTION, ""), (QUESTION, "Hi Ana,\n\nBest,\nInes")])
def test_nothing_to_learn_is_refused(question, answer):
    with pytest.raises(InvalidInputError):
        observe(question=question, answer=answer)
    assert not Suggestion.objects.exists()


def test_approving_publishes_a_learned_article_with_evaluation_cases(lead):
    suggestion = observe()
    article = learning.approve(suggestion_id=suggestion.pk, actor=lead)
    suggestion.refresh_from_db()
    assert article.origin == Article.Origin.LEARNED
    assert article.is_published
    assert (suggestion.state, suggestion.article, suggestion.decided_by_id) == ("approved", article, lead.id)
    assert set(EvaluationCase.objects.values_list("question", "article")) == {(suggestion.question, article.pk)}


def test_what_was_approved_is_answered_at_once(lead, store, django_capture_on_commit_callbacks):
    suggestion = observe()
    assert search(query=QUESTION) == []
    with django_capture_on_commit_callbacks(execute=True):
        learning.approve(suggestion_id=suggestion.pk, actor=lead)
    found = search(query="where is the Ghanaian tax table?")
    answer = compose(question="where is the Ghanaian tax table?", passages=found)
    assert "choose Ghana" in answer.sentences[0].text
    assert answer.probability > 0.6


def test_an_edited_text_is_what_is_published(lead):
    suggestion = observe()
    article = learning.approve(
        suggestion_id=suggestion.pk, actor=lead, title="Tax table of Ghana", body="Choose **Ghana**."
    )
    assert article.title == "Tax table of Ghana"
    assert article.current_revision.body == "Choose **Ghana**."


def test_deciding_twice_is_refused(lead):
    suggestion = observe()
    learning.approve(suggestion_id=suggestion.pk, actor=lead)
    with pytest.raises(SuggestionDecidedError):
        learning.approve(suggestion_id=suggestion.pk, actor=lead)
    with pytest.raises(SuggestionDecidedError):
        learning.reject(suggestion_id=suggestion.pk, actor=lead)
    assert Article.objects.count() == 1


def test_rejecting_publishes_nothing(lead):
    suggestion = learning.reject(suggestion_id=observe().pk, actor=lead, reason="Wrong")
    assert (suggestion.state, suggestion.reason) == (Suggestion.State.REJECTED, "Wrong")
    assert suggestion.decided_at is not None
    assert not Article.objects.exists()


def test_approving_supersedes_the_other_answer(lead):
    first = observe()
    second = observe(answer="No, Ghana is not supported. Enter the rates by hand.", origin="ticket:2:1")
    learning.approve(suggestion_id=second.pk, actor=lead)
    first.refresh_from_db()
    assert first.state == Suggestion.State.SUPERSEDED


def test_an_edit_clears_the_concern():
    suggestion = observe(answer="I have refunded your charge for the tax table.")
    edited = learning.edit(suggestion_id=suggestion.pk, title="Tax table", body="Open Settings and choose Taxes.")
    assert (edited.state, edited.note) == (Suggestion.State.OPEN, "")


def test_taking_back_archives_the_article_and_reopens_the_suggestion(lead, store):
    suggestion = observe()
    article = learning.approve(suggestion_id=suggestion.pk, actor=lead)
    ingestion.index_waiting()
    learning.take_back(suggestion_id=suggestion.pk)
    article.refresh_from_db()
    suggestion.refresh_from_db()
    assert article.state == Article.State.ARCHIVED
    assert suggestion.state == Suggestion.State.OPEN
    assert not EvaluationCase.objects.exists()
    assert search(query=QUESTION) == []


def test_only_what_was_approved_can_be_taken_back():
    with pytest.raises(ArticleNotFoundError):
        learning.take_back(suggestion_id=observe().pk)


def test_a_suggestion_that_nobody_decides_expires():
    suggestion = observe()
    assert learning.expire_old() == 0
    with clock.moved(timedelta(days=91)):
        assert learning.expire_old() == 1
    suggestion.refresh_from_db()
    assert suggestion.state == Suggestion.State.EXPIRED


def test_an_approved_answer_is_supported_not_suggested_again(lead):
    suggestion = observe()
    learning.approve(suggestion_id=suggestion.pk, actor=lead)
    again = observe(origin="ticket:9:1")
    assert again == suggestion
    assert again.support_count == 2
