"""A token's requests are counted by the minute, and answers tell what is left."""

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.tests.factories import ApiTokenFactory

pytestmark = pytest.mark.django_db
URL = "/api/v1/contacts/"


@pytest.fixture(autouse=True)
def _three_a_minute(settings):
    cache.clear()
    settings.API_REQUESTS_PER_MINUTE = 3


def client(secret: str = "sai_good") -> Client:
    ApiTokenFactory(secret=secret)
    return Client(headers={"Authorization": f"Bearer {secret}"})


def test_answers_count_down():
    api = client()
    left = [api.get(URL)["RateLimit-Remaining"] for _ in range(3)]
    # A minute may begin between two of them.
    assert left in (["2", "1", "0"], ["2", "1", "2"], ["2", "2", "1"])
    response = api.get(URL)
    assert response["RateLimit-Limit"] == "3"
    assert 0 < int(response["RateLimit-Reset"]) <= 60


def test_too_many_are_refused_with_the_time_to_wait():
    api = client()
    refused = [response for response in (api.get(URL) for _ in range(8)) if response.status_code == 429]
    assert refused
    assert refused[0]["Content-Type"] == "application/problem+json"
    assert refused[0]["RateLimit-Remaining"] == "0"
    body = refused[0].json()
    assert body["code"] == "too_many_requests"
    assert 0 < int(refused[0]["Retry-After"]) == body["retry_after"] <= 60


def test_tokens_are_counted_apart():
    spent = client()
    for _ in range(8):
        spent.get(URL)
    assert client("sai_other").get(URL).status_code == 200


def test_zero_counts_nothing(settings):
    settings.API_REQUESTS_PER_MINUTE = 0
    api = client()
    responses = [api.get(URL) for _ in range(5)]
    assert {response.status_code for response in responses} == {200}
    assert not responses[0].has_header("RateLimit-Limit")


def test_strangers_use_up_nobodys_requests():
    assert not Client().get(URL).has_header("RateLimit-Limit")
