"""What tests of policies share: a model that is told what to say, and no cool-downs left over."""

import pytest
from django.core.cache import cache

from tickets.tests.agent.models import FakeModel


@pytest.fixture
def model(monkeypatch) -> FakeModel:
    """Put a model that a test scripts in the place of the real ones."""
    fake = FakeModel()
    cache.clear()
    monkeypatch.setattr("tickets.agent.policies.line.complete", fake.complete)
    return fake
