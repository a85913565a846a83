"""The clock stands at NOW in every test of insights; times before it are made by hand."""

from datetime import datetime
from typing import Any

import pytest

from accounts.models import User
from accounts.services.staff import ensure_roles
from accounts.tests.factories import UserFactory
from insights.cohorts import Scope
from insights.periods import last_days
from insights.tests.factories import NOW
from supportai.core import clock


class Noon(datetime):
    """Tells NOW; the defaults of rows keep `clock.now` itself, so that alone is not enough to replace."""

    @classmethod
    def now(cls, tz=None) -> Any:
        return NOW


@pytest.fixture(autouse=True)
def _noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "datetime", Noon)


@pytest.fixture
def week(_noon) -> Scope:
    """The last seven days."""
    return Scope(period=last_days(7))


@pytest.fixture
def ines(db) -> User:
    ensure_roles()
    return UserFactory(name="Ines Moreau", role="lead")


@pytest.fixture
def lead(client, ines):
    client.force_login(ines)
    return client
