"""A child process of a simulation: reads scenarios as JSON lines, plays each on a fresh copy of the template."""

import json
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import connections

from supportai.core import clock
from supportai.core.models import JSONDict

DATABASE = "supportai.sqlite3"


def build_template(folder: Path) -> None:
    """Make the template in this process's `DATA_DIR`: schema, demo configuration, articles, sandbox, trained heads."""
    from accounts.models import Brand
    from accounts.services.staff import ensure_roles
    from integrations.services.sandbox import ensure_sandbox
    from supportai.demo.articles import load_articles
    from supportai.demo.configuration import load_configuration
    from tickets.agent.understanding import warm_up
    from tickets.models import AgentConfiguration
    from tickets.selectors_agent import agent_settings

    call_command("migrate", verbosity=0)
    ensure_roles()
    Brand.objects.get_or_create(slug="fernway", defaults={"name": "Fernway", "languages": ["en"]})
    load_configuration()
    ensure_sandbox()
    load_articles()
    # Wall time says nothing in a simulation: its machine may be busy with others.
    AgentConfiguration.objects.update(max_seconds=3600, updated_at=clock.now())
    warm_up(agent_settings())
    for connection in connections.all():
        connection.close()
    (folder / "ready").touch()


def serve(lines: Iterable[str], out: IO[str]) -> None:
    """Play the scenario of each line and write its entry as a line; the template is this process's `DATA_DIR`."""
    from tickets.agent.understanding import warm_up
    from tickets.selectors_agent import agent_settings

    template = Path(settings.DATA_DIR)
    warm_up(agent_settings())
    for line in lines:
        job = json.loads(line)
        with tempfile.TemporaryDirectory(prefix="supportai-scenario-") as folder:
            entry = play_on_copy(template, Path(folder), job["data"])
        out.write(json.dumps(entry, default=str) + "\n")
        out.flush()


def play_on_copy(template: Path, folder: Path, data: JSONDict) -> JSONDict:
    """Copy the template and play in it; each scenario has a database and a document store of its own."""
    from supportai.simulation.play import play
    from supportai.simulation.runner import failed

    for file in template.glob("*.sqlite3"):
        shutil.copy(file, folder / file.name)
    if (template / "heads").exists():
        shutil.copytree(template / "heads", folder / "heads")
    connection = connections["default"]
    connection.close()
    connection.settings_dict["NAME"] = str(folder / DATABASE)
    settings.DATA_DIR = folder
    # What one scenario made of a model (a pause after a time-out) is none of the next one's business.
    cache.clear()
    try:
        return play(data)
    except Exception as exc:  # noqa: BLE001 - one broken scenario must not end the others of this child
        return failed(f"broke: {type(exc).__name__}: {exc}")
    finally:
        connection.close()
        settings.DATA_DIR = template
