"""The REST API's bearer tokens and scopes, through a real endpoint."""

import pytest
from rest_framework.test import APIClient

from accounts.tests.factories import ApiTokenFactory, ContactFactory, UserFactory

pytestmark = pytest.mark.django_db
URL = "/api/v1/contacts/"


def client(secret: str | None = None, scheme: str = "Bearer") -> APIClient:
    api = APIClient()
    if secret is not None:
        api.credentials(HTTP_AUTHORIZATION=f"{scheme} {secret}")
    return api


def test_a_good_token_reads():
    ApiTokenFactory(secret="sai_good")
    ContactFactory()
    response = client("sai_good").get(URL)
    assert response.status_code == 200
    assert len(response.json()["results"]) == 1


@pytest.mark.parametrize("secret", [None, "", "sai_wrong", "sai_good x", "ßß"])
def test_without_a_good_token_nothing_is_said(secret):
    ApiTokenFactory(secret="sai_good")
    response = client(secret).get(URL)
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert response["Content-Type"] == "application/problem+json"


def test_another_scheme_is_not_ours():
    ApiTokenFactory(secret="sai_good")
    assert client("sai_good", "Basic").get(URL).status_code == 401


def test_a_session_is_no_token(client):
    client.force_login(UserFactory(role="admin"))
    assert client.get(URL).status_code == 401


def test_revoked_tokens_and_people_who_left_are_refused():
    ApiTokenFactory(secret="sai_revoked", is_revoked=True)
    ApiTokenFactory(secret="sai_gone", user=UserFactory(is_active=False))
    assert client("sai_revoked").get(URL).status_code == 401
    assert client("sai_gone").get(URL).status_code == 401


def test_reading_needs_the_scope_read():
    ApiTokenFactory(secret="sai_w", scopes=["write"])
    response = client("sai_w").get(URL)
    assert response.status_code == 403
    assert "scopes" in response.json()["detail"]


def test_a_token_has_no_more_rights_than_its_user():
    user = UserFactory()
    user.groups.clear()
    ApiTokenFactory(secret="sai_none", user=user)
    assert client("sai_none").get(URL).status_code == 403


def test_use_is_noted():
    token = ApiTokenFactory(secret="sai_good")
    client("sai_good").get(URL)
    token.refresh_from_db()
    assert token.last_used_at is not None
