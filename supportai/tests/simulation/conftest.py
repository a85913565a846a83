"""The desk on which scenarios are played in this process."""

import pytest

from accounts.services.staff import ensure_roles
from integrations.services.sandbox import ensure_sandbox
from supportai.demo import company
from supportai.demo.configuration import load_configuration
from tickets.models import AgentConfiguration


@pytest.fixture
def desk(db, settings, tmp_path):
    """Give the demo configuration without articles, in a data folder of its own."""
    settings.DATA_DIR = tmp_path
    ensure_roles()
    company.ensure_brand()
    load_configuration()
    ensure_sandbox()
    AgentConfiguration.objects.update(max_seconds=3600)


@pytest.fixture
def stage(transactional_db, desk):
    """Give the desk with real commits, so that tasks run."""
