import pytest
from django.urls import reverse

from accounts.models import User
from accounts.tests.factories import UserFactory
from knowledge.models import RetrievalProfile
from knowledge.services import profiles
from knowledge.tests.factories import RetrievalProfileFactory
from supportai.core import clock
from supportai.tests.model_server import ModelServer

pytestmark = pytest.mark.django_db

State = RetrievalProfile.State


@pytest.fixture
def admin_client(client):
    client.force_login(UserFactory(role=User.Role.ADMIN))
    return client


def page(profile):
    return reverse("admin:knowledge_retrievalprofile_change", args=[profile.pk])


def act(client, profile, name):
    """Confirm the dialog of an action."""
    address = reverse(f"admin:knowledge_retrievalprofile_{name}", args=[profile.pk])
    return client.post(address, {"_form_submitted": "True"})


def test_an_endpoint_is_added_with_a_key_that_no_page_shows(admin_client):
    given = {
        "name": "Small", "base_url": "https://api.example.com/v1", "model": "text-embedding-3-small",
        "api_key": "very-secret", "dimensions": 512, "timeout_seconds": 5, "query_prefix": "", "document_prefix": "",
    }  # fmt: skip
    response = admin_client.post(reverse("admin:knowledge_retrievalprofile_add"), given)
    assert response.status_code == 302, response.content.decode()[:2000]
    profile = RetrievalProfile.objects.get(name="Small")
    assert (profile.embedder, profile.api_key, profile.state) == ("endpoint", "very-secret", State.NEW)
    html = admin_client.get(page(profile)).content.decode()
    assert "very-secret" not in html
    assert "Use for searches" in html


def test_the_list_shows_state_progress_and_trouble(admin_client):
    RetrievalProfileFactory(name="Building one", state=State.BUILDING, done=3, total=9)
    RetrievalProfileFactory(name="Broken one", state=State.FAILED, failure="It refused the key.")
    html = admin_client.get(reverse("admin:knowledge_retrievalprofile_changelist")).content.decode()
    assert "Built-in model" in html
    assert "In use" in html
    assert "3 of 9 articles" in html
    assert "It refused the key." in html


def test_a_question_that_did_without_the_endpoint_is_shown(admin_client):
    profile = RetrievalProfileFactory()
    profiles.note_query_failure(profile.pk, "The endpoint took too long.")
    html = admin_client.get(page(profile)).content.decode()
    assert "The endpoint took too long." in html
    listed = admin_client.get(reverse("admin:knowledge_retrievalprofile_changelist")).content.decode()
    assert "Words only: The endpoint took too long." in listed


def test_the_built_in_model_has_no_endpoint_to_fill_in(admin_client):
    html = admin_client.get(page(RetrievalProfile.objects.get(embedder="local"))).content.decode()
    assert "base_url" not in html
    assert "Use for searches" not in html


def test_the_switch_is_asked_for_and_told(admin_client, django_capture_on_commit_callbacks):
    profile = RetrievalProfileFactory()
    with django_capture_on_commit_callbacks() as announced:
        act(admin_client, profile, "use")
    profile.refresh_from_db()
    assert profile.state == State.BUILDING
    assert announced
    assert "Use for searches" not in admin_client.get(page(profile)).content.decode()


def test_a_second_switch_is_refused_in_words(admin_client):
    profiles.choose_profile(profile_id=RetrievalProfileFactory(name="First").pk)
    second = RetrievalProfileFactory()
    act(admin_client, second, "use")
    second.refresh_from_db()
    assert second.state == State.NEW
    assert "First is being built" in admin_client.get(page(second)).content.decode()


def test_the_endpoint_can_be_checked(admin_client):
    with ModelServer() as server:
        profile = RetrievalProfileFactory(base_url=server.openai_url)
        RetrievalProfile.objects.filter(pk=profile.pk).update(query_failure="down", query_failed_at=clock.now())
        act(admin_client, profile, "check_endpoint")
        assert "It answers." in admin_client.get(page(profile)).content.decode()
        profile.refresh_from_db()
        assert profile.query_failure == ""
        server.fault = "refused"
        act(admin_client, profile, "check_endpoint")
    assert "It cannot be used" in admin_client.get(page(profile)).content.decode()


def test_what_shapes_vectors_cannot_be_changed_once_they_are_made(admin_client):
    profile = RetrievalProfileFactory(state=State.READY)
    given = {"name": "Renamed", "base_url": profile.base_url, "model": "another", "timeout_seconds": 3, "api_key": ""}
    admin_client.post(page(profile), given)
    profile.refresh_from_db()
    assert (profile.name, profile.model) == ("Renamed", "text-embedding-3-small")


@pytest.mark.parametrize("state", [State.NEW, State.READY])
def test_a_stored_key_is_not_sent_to_another_address(admin_client, state):
    profile = RetrievalProfileFactory(api_key="very-secret", state=state)
    given = {
        "name": profile.name, "base_url": "https://elsewhere.example/v1", "model": profile.model, "api_key": "",
        "dimensions": profile.dimensions, "timeout_seconds": 3, "query_prefix": "", "document_prefix": "",
    }  # fmt: skip
    assert "enter the key again" in admin_client.post(page(profile), given).content.decode()
    profile.refresh_from_db()
    assert profile.base_url == "http://127.0.0.1:9/v1"
    assert admin_client.post(page(profile), {**given, "base_url": f"{profile.base_url}/"}).status_code == 302
    assert admin_client.post(page(profile), {**given, "api_key": "another"}).status_code == 302
    profile.refresh_from_db()
    assert (profile.base_url, profile.api_key) == ("https://elsewhere.example/v1", "another")


def test_only_what_holds_nothing_is_deleted(admin_client):
    unused, used = RetrievalProfileFactory(), RetrievalProfileFactory(state=State.READY)
    for profile, status in ((unused, 200), (used, 403), (RetrievalProfile.objects.get(embedder="local"), 403)):
        address = reverse("admin:knowledge_retrievalprofile_delete", args=[profile.pk])
        assert admin_client.get(address).status_code == status


def test_a_lead_sees_profiles_and_may_not_send_articles_elsewhere(client):
    client.force_login(UserFactory(role=User.Role.LEAD))
    profile = RetrievalProfileFactory()
    html = client.get(page(profile)).content.decode()
    assert "Use for searches" not in html
    assert act(client, profile, "use").status_code == 403
    assert client.get(reverse("admin:knowledge_retrievalprofile_add")).status_code == 403
