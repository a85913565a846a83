import pytest

from knowledge.pipelines.retrieve import RetrievalSettings
from knowledge.services import ingestion
from knowledge.services.search import search
from knowledge.tests.factories import publish_text

pytestmark = pytest.mark.django_db


@pytest.fixture
def help_center(store):
    publish_text("Export your data", "Open Reports and choose Export. A CSV file is made.", slug="export")
    publish_text("Invite a colleague", "Open Team and choose Invite. They get a mail.", slug="invite")
    publish_text("Refund rules", "Agents may refund up to 100 dollars.", slug="rules", audience="staff")
    publish_text("Daten exportieren", "Öffne Berichte und wähle Export.", slug="daten", language="de")
    ingestion.index_waiting()


def test_the_best_passage_comes_first_with_its_place_and_raw_scores(help_center):
    best = search(query="how can I get a CSV export")[0]
    assert best.slug == "export"
    assert best.body == "Open Reports and choose Export. A CSV file is made."
    assert (best.start, best.end) == (0, len(best.body))
    assert 0.5 < best.dense < 1
    assert best.lexical > 0
    assert best.score == pytest.approx(best.dense + RetrievalSettings().lexical_weight * best.lexical)


def test_staff_articles_are_for_staff_only(help_center):
    assert "rules" not in {passage.slug for passage in search(query="refund rules for agents")}
    assert search(query="refund rules for agents", audience="staff")[0].slug == "rules"


def test_a_language_narrows_the_search(help_center):
    assert {passage.slug for passage in search(query="export", language="de")} == {"daten"}


def test_earlier_turns_tell_what_a_short_question_is_about(help_center):
    assert search(query="and where is that?", history=["I want to invite a new colleague"])[0].slug == "invite"


def test_the_limit_holds_and_scores_fall(help_center):
    found = search(query="export data to a colleague", limit=2)
    assert len(found) == 2
    assert found[0].score >= found[1].score


@pytest.mark.parametrize("query", ["", "   ", "\n"])
def test_no_question_finds_nothing(help_center, query):
    assert search(query=query) == []


@pytest.mark.parametrize("query", ['"; DROP TABLE documents; --', "a" * 50_000, "\0", "😀", "NOT (", "SELECT *"])
def test_strange_questions_are_only_questions(help_center, query):
    assert isinstance(search(query=query), list)


def test_an_empty_knowledge_base_finds_nothing(store):
    assert search(query="anything") == []
