import pytest

from knowledge.errors import SearchUnavailableError
from knowledge.models import RetrievalProfile
from knowledge.services import ingestion, profiles, search_health
from knowledge.services.search_health import examine_search
from knowledge.tests.factories import RetrievalProfileFactory, publish_text
from supportai.core import clock

pytestmark = pytest.mark.django_db


def wrong():
    return [text for text, is_wrong in examine_search() if is_wrong]


def test_a_store_that_holds_everything_is_fine(store):
    publish_text("Export", "Open Reports.")
    ingestion.index_waiting()
    assert wrong() == []
    assert any(f"({store.kind}) holds all 1 passages" in text for text, _is_wrong in examine_search())


def test_what_the_store_lacks_or_holds_too_much_is_counted(store):
    publish_text("Export", "Open Reports.")
    ingestion.index_waiting()
    store.delete_all_documents()
    assert wrong() == ["The document store lacks 1 passages and holds 0 too many; run manage.py reindex."]


def test_a_store_that_does_not_answer_is_told_with_what_it_means(store, monkeypatch):
    def down():
        raise SearchUnavailableError("Elasticsearch does not answer (ConnectionError).")

    monkeypatch.setattr(search_health, "_store", down)
    assert wrong()[0].startswith("Elasticsearch does not answer (ConnectionError). Until it does")


def test_an_index_of_another_release_is_told(store, monkeypatch):
    monkeypatch.setattr(type(store), "is_outdated", lambda _self: True)
    assert wrong() == ["The search index was made by another release; run manage.py reindex."]


def test_profiles_in_trouble_are_told(store):
    RetrievalProfileFactory(name="Broken", state="failed", failure="It refused the key.")
    active = RetrievalProfile.objects.get(is_active=True)
    profiles.note_query_failure(active.pk, "too slow")
    told = " ".join(wrong())
    assert "Broken could not be built: It refused the key." in told
    assert "Built-in model failed: too slow" in told


def test_a_build_that_nobody_works_on_is_told(store):
    RetrievalProfileFactory(state="building", building_until=clock.now() - profiles.LEASE)
    assert "waits to be built" in wrong()[0]
