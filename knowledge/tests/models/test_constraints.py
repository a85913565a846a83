import pytest
from django.db import IntegrityError, transaction

from knowledge.models import Article, EvaluationCase, Passage, Revision, Source, Suggestion, content_hash
from knowledge.tests.factories import DraftFactory, ObservationFactory, SourceFactory, SuggestionFactory, publish_text
from supportai.core import clock

pytestmark = pytest.mark.django_db


def refused(change):
    with pytest.raises(IntegrityError), transaction.atomic():
        change()


def test_a_passage_ends_after_its_start():
    revision = publish_text("A", "x").revisions.get()
    refused(lambda: Passage.objects.create(revision=revision, position=0, body="", start=3, end=3))


def test_a_revision_number_comes_once():
    article = publish_text("A", "x")
    refused(lambda: Revision.objects.create(article=article, number=1, title="A", body="y", content_hash="h"))


def test_a_source_failed_exactly_when_it_says_why():
    source = SourceFactory()
    refused(lambda: Source.objects.filter(pk=source.pk).update(state=Source.State.FAILED))
    refused(lambda: Source.objects.filter(pk=source.pk).update(failure="disk full"))


def test_the_store_cannot_be_ahead_of_an_article():
    article = DraftFactory()
    refused(lambda: Article.objects.filter(pk=article.pk).update(indexed_version=1))


def test_an_external_id_comes_once_in_a_source():
    source = SourceFactory()
    DraftFactory(source=source, external_id="1")
    refused(lambda: DraftFactory(source=source, external_id="1"))
    DraftFactory(source=source)
    DraftFactory(source=source)


def test_a_suggestion_is_decided_exactly_when_it_says_when():
    suggestion = SuggestionFactory()
    refused(lambda: Suggestion.objects.filter(pk=suggestion.pk).update(state=Suggestion.State.REJECTED))
    refused(lambda: Suggestion.objects.filter(pk=suggestion.pk).update(decided_at=clock.now()))


def test_an_origin_teaches_once():
    ObservationFactory(origin="ticket:1:1")
    refused(lambda: ObservationFactory(origin="ticket:1:1"))


def test_an_answerable_case_names_its_article():
    refused(lambda: EvaluationCase.objects.create(question="Where?"))
    refused(
        lambda: EvaluationCase.objects.create(question="Where?", is_answerable=False, article=publish_text("A", "x"))
    )


def test_the_hash_tells_title_and_text_apart():
    assert content_hash("a", "b") != content_hash("ab", "")
    assert content_hash("a", "b") == content_hash("a", "b")


def test_rows_name_themselves():
    article = publish_text("Export", "x")
    assert str(article) == "Export"
    assert str(article.current_revision) == "Export, revision 1"
    assert str(SuggestionFactory(title="T")) == "T"
    assert str(ObservationFactory(origin="ticket:7:1")) == "ticket:7:1"
    assert article.get_absolute_url() == "/help/export/"
