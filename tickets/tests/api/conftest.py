"""Clients of the REST API."""

from collections.abc import Callable

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.factories import ApiTokenFactory, UserFactory


@pytest.fixture
def make_api() -> Callable[..., APIClient]:
    """Make a client with a token: `make_api("read", role="agent")`."""
    cache.clear()

    def make(*scopes: str, role: str = "agent", user: User | None = None) -> APIClient:
        user = user or UserFactory(role=role)
        secret = f"sai_{'_'.join(scopes)}_{user.pk}"
        ApiTokenFactory(secret=secret, scopes=list(scopes), user=user)
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
        return client

    return make


@pytest.fixture
def api(make_api: Callable[..., APIClient]) -> APIClient:
    """A client of an agent's token that may read and write."""
    return make_api("read", "write")
