"""What tests of the agent share: a small desk, and a model that is told what to say."""

import pytest
from django.core.cache import cache

from tickets.tests.agent.desk import Desk
from tickets.tests.agent.models import FakeModel


@pytest.fixture
def model(monkeypatch) -> FakeModel:
    """Put a model that a test scripts in the place of the real ones."""
    fake = FakeModel()
    cache.clear()
    monkeypatch.setattr("tickets.agent.policies.line.complete", fake.complete)
    return fake


@pytest.fixture
def desk(django_capture_on_commit_callbacks) -> Desk:
    """Give a small desk: intents, one procedure, the sandbox, and a verified customer with two equal charges."""
    return Desk(django_capture_on_commit_callbacks)
