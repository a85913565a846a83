import pytest

from accounts.models import User
from accounts.services.staff import ensure_roles
from accounts.tests.factories import UserFactory


@pytest.fixture
def roles(db):
    ensure_roles()


@pytest.fixture
def ines(roles) -> User:
    return UserFactory(name="Ines Moreau", role="lead")


@pytest.fixture
def jonas(roles) -> User:
    return UserFactory(name="Jonas Berg", role="agent")


@pytest.fixture
def olga(roles) -> User:
    """May read and oversee, not answer."""
    return UserFactory(name="Olga Petrova", role="ai_oversight")


@pytest.fixture
def lead(client, ines):
    client.force_login(ines)
    return client


@pytest.fixture
def agent(client, jonas):
    client.force_login(jonas)
    return client


@pytest.fixture
def overseer(client, olga):
    client.force_login(olga)
    return client
