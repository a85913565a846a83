"""What is searched in the help center without an answer becomes a gap."""

import pytest

from knowledge.models import GapQuestion
from knowledge.services import ingestion
from knowledge.tests.factories import publish_text

pytestmark = pytest.mark.django_db

ASKED = "Do you ship printed invoices to Norway?"


@pytest.fixture(autouse=True)
def _article():
    publish_text("Dark mode", "You can switch the app to dark mode. Open Settings, then Appearance, and turn it on.")
    ingestion.index_waiting()


def search(client, django_capture_on_commit_callbacks, words: str, **headers) -> list[str]:
    with django_capture_on_commit_callbacks(execute=True):
        assert client.get("/help/search", {"q": words}, **headers).status_code == 200
    return list(GapQuestion.objects.values_list("text", flat=True))


def test_a_submitted_question_without_an_answer_is_noted(client, django_capture_on_commit_callbacks):
    assert search(client, django_capture_on_commit_callbacks, ASKED) == [ASKED]


def test_an_answered_question_is_not_noted(client, django_capture_on_commit_callbacks):
    assert search(client, django_capture_on_commit_callbacks, "How do I switch the app to dark mode?") == []


def test_what_is_typed_so_far_is_no_question(client, django_capture_on_commit_callbacks):
    assert search(client, django_capture_on_commit_callbacks, ASKED, headers={"HX-Request": "true"}) == []
