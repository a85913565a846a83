"""Checking a connection."""

import pytest

from integrations.connectors.sandbox.client import SandboxConnector
from integrations.errors import ConnectorError
from integrations.services.installations import check_installation
from integrations.services.sandbox import ensure_sandbox
from integrations.tests.factories import InstallationFactory

pytestmark = pytest.mark.django_db


def test_one_that_answers_is_active():
    installation = InstallationFactory(state="disconnected")
    assert check_installation(installation_id=installation.pk) == ""
    installation.refresh_from_db()
    assert installation.state == "active"


@pytest.mark.parametrize(("permanent", "state"), [(True, "reauth_required"), (False, "degraded")])
def test_one_that_does_not_says_what_is_wrong(monkeypatch, permanent, state):
    installation = InstallationFactory()

    def check(_self):
        raise ConnectorError("token expired", permanent=permanent)

    monkeypatch.setattr(SandboxConnector, "check", check)
    assert check_installation(installation_id=installation.pk) == "token expired"
    installation.refresh_from_db()
    assert installation.state == state


def test_setting_the_sandbox_up_twice_changes_nothing():
    first = ensure_sandbox()
    first.can_act = False
    first.save()
    policy = first.bindings.model.objects.count()
    second = ensure_sandbox()
    assert (second.pk, second.can_act, second.bindings.count()) == (first.pk, False, policy)
