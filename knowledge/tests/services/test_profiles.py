from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from knowledge import selectors, tasks
from knowledge.errors import ProfileBusyError
from knowledge.models import BUILT_IN, RetrievalProfile
from knowledge.services import articles, ingestion, profiles, rebuilding
from knowledge.services.passages import product_target, target_of
from knowledge.services.search import search
from knowledge.tests.factories import RetrievalProfileFactory, publish_text
from supportai.core import clock
from supportai.tests.model_server import ModelServer

pytestmark = pytest.mark.django_db

State = RetrievalProfile.State


@pytest.fixture
def server():
    with ModelServer() as server:
        yield server


@pytest.fixture
def endpoint(store, server):
    """Give a profile whose endpoint works, beside a help center that the built-in model serves."""
    publish_text("Export your data", "Open Reports and choose Export. A CSV file is made.", slug="export")
    publish_text("Invite a colleague", "Open Team and choose Invite. They get a mail.", slug="invite")
    ingestion.index_waiting()
    profile = RetrievalProfileFactory(base_url=server.openai_url)
    yield profile
    target_of(profile.settings.store_name).store.drop()


def build(profile):
    profiles.choose_profile(profile_id=profile.pk)
    built = profiles.build_profile(profile_id=profile.pk)
    profile.refresh_from_db()
    return built


def test_without_a_choice_the_built_in_model_is_used(store):
    assert selectors.active_profile().is_local
    assert RetrievalProfile.objects.get().name == "Built-in model"
    RetrievalProfile.objects.all().delete()
    assert selectors.active_profile() == BUILT_IN


def test_a_profile_is_built_beside_the_one_in_use_and_takes_its_place(endpoint, server):
    before = product_target().store
    assert build(endpoint)
    assert (endpoint.is_active, endpoint.state, endpoint.done, endpoint.total) == (True, State.READY, 2, 2)
    after = product_target().store
    assert after.path != before.path
    assert after.count_documents() == before.count_documents() == 2
    assert len(after.filter_documents()[0].embedding) == 64
    assert server.requests == [] or all(request.api for request in server.requests)


def test_choosing_builds_through_event_and_task(endpoint, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        profiles.choose_profile(profile_id=endpoint.pk)
    endpoint.refresh_from_db()
    assert endpoint.is_active


def test_searches_find_with_the_endpoint_and_score_with_the_built_in_model(endpoint):
    before = search(query="how can I get a CSV export")[0]
    build(endpoint)
    after = search(query="how can I get a CSV export")
    assert after[0].slug == "export"
    assert after[0].dense == pytest.approx(before.dense, abs=1e-3)
    assert after[0].score == pytest.approx(after[0].dense, abs=1e-6)
    assert [passage.score for passage in after] == sorted((p.score for p in after), reverse=True)


def test_articles_published_after_the_switch_go_to_the_new_store(endpoint):
    build(endpoint)
    article = publish_text("Delete your account", "Open Settings and choose Delete.", slug="delete")
    ingestion.index_articles([article.pk])
    assert search(query="delete my account")[0].slug == "delete"
    assert target_of("").store.count_documents() == 2


def test_a_failed_build_says_why_and_leaves_the_old_one_in_use(endpoint, server):
    server.fault = "refused"
    assert not build(endpoint)
    assert (endpoint.is_active, endpoint.state) == (False, State.FAILED)
    assert "text-embedding-3-small" in endpoint.failure
    assert endpoint.api_key not in endpoint.failure or endpoint.api_key == ""
    assert search(query="CSV export")[0].slug == "export"
    server.fault = "right"
    assert build(endpoint)
    assert (endpoint.is_active, endpoint.failure) == (True, "")


def test_vectors_of_another_length_fail_the_build(endpoint):
    RetrievalProfile.objects.filter(pk=endpoint.pk).update(model="other-model")
    assert not build(endpoint)
    assert "384" in endpoint.failure
    assert selectors.active_profile().is_local


def test_what_changes_while_a_profile_is_built_is_not_lost(endpoint, monkeypatch):
    """Until the switch tasks index into the old store; the new one catches up."""
    fill = rebuilding.fill

    def changed_meanwhile(target, on_batch, **options):
        count = fill(target, on_batch, **options)
        new = publish_text("Delete your account", "Open Settings and choose Delete.", slug="delete")
        old = articles.archive_article(article_id=new.pk - 1)
        ingestion.index_articles([new.pk, old.pk])
        return count

    monkeypatch.setattr(rebuilding, "fill", changed_meanwhile)
    assert build(endpoint)
    titles = {document.meta["title"] for document in product_target().store.filter_documents()}
    assert titles == {"Export your data", "Delete your account"}


@pytest.mark.parametrize("fault", ["server_error", "refused", "html", "empty", "no_body", "malformed", "rate_limited"])
def test_a_question_is_searched_by_words_when_the_endpoint_fails(endpoint, server, fault):
    build(endpoint)
    server.fault = fault
    found = search(query="how can I get a CSV export")
    assert found[0].slug == "export"
    assert 0.5 < found[0].dense < 1
    endpoint.refresh_from_db()
    assert endpoint.query_failure
    assert endpoint.query_failed_at is not None


def test_a_failing_endpoint_rests_and_is_asked_again_later(endpoint, server):
    build(endpoint)
    server.fault = "server_error"
    assert search(query="CSV export")
    assert profiles.is_resting(endpoint.pk)
    server.fault = "right"
    assert search(query="CSV export")
    endpoint.refresh_from_db()
    assert endpoint.query_failure
    with clock.moved(timedelta(minutes=1)):
        assert search(query="CSV export")[0].slug == "export"
    endpoint.refresh_from_db()
    assert (endpoint.query_failure, endpoint.query_failed_at) == ("", None)


def test_checking_an_endpoint_says_what_is_wrong(endpoint, server):
    assert profiles.check_profile(profile_id=endpoint.pk) == ""
    server.fault = "refused"
    assert "text-embedding-3-small" in profiles.check_profile(profile_id=endpoint.pk)


def test_what_is_active_or_being_built_is_not_chosen_again(endpoint):
    built_in = RetrievalProfile.objects.get(embedder="local")
    with pytest.raises(ProfileBusyError):
        profiles.choose_profile(profile_id=built_in.pk)
    profiles.choose_profile(profile_id=endpoint.pk)
    with pytest.raises(ProfileBusyError):
        profiles.choose_profile(profile_id=RetrievalProfileFactory().pk)


def test_a_build_runs_once_though_two_workers_are_woken(endpoint):
    profiles.choose_profile(profile_id=endpoint.pk)
    assert profiles._claim(endpoint.pk)
    assert not profiles.build_profile(profile_id=endpoint.pk)
    assert profiles.due_builds() == []


def test_a_lost_build_is_taken_up_by_the_sweep_and_given_up_in_the_end(endpoint):
    profiles.choose_profile(profile_id=endpoint.pk)
    profiles._claim(endpoint.pk)
    with clock.moved(timedelta(minutes=5)):
        assert profiles.due_builds() == [endpoint.pk]
        assert tasks.enqueue_due_builds() == 1
    endpoint.refresh_from_db()
    assert endpoint.is_active
    RetrievalProfile.objects.filter(pk=endpoint.pk).update(
        is_active=False, state=State.BUILDING, build_attempts=profiles.MAX_BUILDS, building_until=clock.now()
    )
    with clock.moved(timedelta(minutes=5)):
        assert profiles.due_builds() == []
    endpoint.refresh_from_db()
    assert (endpoint.state, endpoint.failure) == (State.FAILED, "It ended its worker again and again.")


def test_a_worker_whose_build_was_taken_over_switches_nothing(endpoint, monkeypatch):
    def taken_over(profile_id, _attempt):
        RetrievalProfile.objects.filter(pk=profile_id).update(build_attempts=2)
        return lambda _count: None

    monkeypatch.setattr(profiles, "_reporter", taken_over)
    assert not build(endpoint)
    assert endpoint.state == State.BUILDING
    assert selectors.active_profile().is_local


def test_the_store_that_was_left_is_emptied_after_a_while_and_can_be_built_again(endpoint):
    build(endpoint)
    assert profiles.drop_retired_stores() == 0
    with clock.moved(timedelta(minutes=5)):
        assert tasks.drop_retired_stores() == 1
    built_in = RetrievalProfile.objects.get(embedder="local")
    assert built_in.state == State.NEW
    assert target_of("").store.count_documents() == 0
    assert build(built_in)
    assert target_of("").store.count_documents() == 2
    assert search(query="CSV export")[0].slug == "export"


def test_an_endpoint_needs_an_address_a_model_and_a_length():
    with pytest.raises(ValidationError) as refused:
        RetrievalProfile(name="x").full_clean()
    assert {"base_url", "model", "dimensions"} <= set(refused.value.message_dict)
    with pytest.raises(IntegrityError), transaction.atomic():
        RetrievalProfile.objects.create(name="x")


def test_what_shapes_vectors_is_fixed_once_they_are_made():
    profile = RetrievalProfileFactory(state=State.READY)
    profile.timeout_seconds = 5.0
    profile.full_clean()
    profile.query_prefix = "query: "
    with pytest.raises(ValidationError):
        profile.full_clean()


def test_two_profiles_are_never_active_at_once():
    with pytest.raises(IntegrityError), transaction.atomic():
        RetrievalProfileFactory(is_active=True)
