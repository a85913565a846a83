import pytest
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.factories import ApiTokenFactory, ContactFactory, UserFactory
from knowledge.models import GapQuestion
from knowledge.services import gaps
from supportai.core import clock

pytestmark = pytest.mark.django_db

URL = "/api/v1/gaps/"


@pytest.fixture
def api():
    ApiTokenFactory(user=UserFactory(role=User.Role.AGENT))
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION="Bearer sai_test")
    return client


@pytest.fixture
def gap():
    return gaps.note(
        question="Is there a dark mode in the app? jo@example.com",
        origin="ticket:a:1",
        kind=GapQuestion.Kind.HANDED_OFF,
        asked_at=clock.now(),
        probability=0.1,
        contact_id=ContactFactory().pk,
    )


def test_gaps_are_listed_with_counts_and_examples(api, gap):
    body = api.get(URL).json()["results"][0]
    assert (body["id"], body["state"], body["question_count"], body["contact_count"]) == (
        str(gap.public_id), "open", 1, 1,
    )  # fmt: skip
    assert body["examples"][0]["text"] == "Is there a dark mode in the app? [email]"
    assert "vector" not in str(body)


def test_the_list_is_narrowed_by_state(api, gap):
    assert len(api.get(URL, {"state": "open"}).json()["results"]) == 1
    assert api.get(URL, {"state": "covered"}).json()["results"] == []
    assert api.get(URL, {"state": "lost"}).status_code == 400


def test_one_gap_is_read_and_not_written(api, gap):
    one = f"{URL}{gap.public_id}/"
    assert api.get(one).json()["title"] == gap.title
    assert api.delete(one).status_code in {403, 405}
    assert APIClient().get(one).status_code == 401
