"""What a newcomer reads and installs: exact pins, links that lead somewhere, commands that exist."""

import re
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from supportai.settings.env import Environment
from supportai.tests.servers import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("**/*.md")])
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
PIN = re.compile(r"^[A-Za-z0-9._-]+(\[[a-z,]+\])?==[\w.]+$")


def requirement_lines(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def normalized(requirement: str) -> tuple[str, str]:
    name, version = re.sub(r"\[.*?\]", "", requirement).split("==")
    return re.sub(r"[-_.]+", "-", name).lower(), version


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_between_pages_leads_to_a_file(page):
    targets = [t for t in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in t]
    assert [t for t in targets if not (page.parent / t).exists()] == []


def test_every_requirement_is_an_exact_pin():
    assert [line for line in requirement_lines(ROOT / "requirements.txt") if not PIN.match(line)] == []


def test_constraints_agree_with_what_is_asked_for():
    constraints = dict(normalized(line) for line in requirement_lines(ROOT / "constraints.txt"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = requirement_lines(ROOT / "requirements.txt") + project["optional-dependencies"]["dev"]
    differing = [line for line in asked if constraints.get(normalized(line)[0]) != normalized(line)[1]]
    assert differing == []


def test_commands_that_pages_name_are_in_the_makefile():
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    named = set(re.findall(r"\bmake ([a-z-]+)\b(?=[`\s].*)", "\n".join(re.findall(r"`make [^`]+`", text))))
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert named <= targets


class TestCompose:
    """No container runtime is at hand in tests, so what the file says is held against the code."""

    @pytest.fixture(scope="class")
    def services(self):
        return yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]

    def test_every_variable_is_one_that_the_settings_read(self, services):
        known = {field.alias or name.upper() for name, field in Environment.model_fields.items()}
        for name in ("web", "sockets", "worker", "migrate"):
            assert set(services[name]["environment"]) <= known

    def test_the_shape_is_the_one_of_the_readme(self, services):
        assert set(services) >= {"web", "sockets", "worker", "postgres", "redis", "elasticsearch"}
        assert services["worker"]["stop_signal"] == "SIGINT"
        assert services["worker"]["deploy"]["replicas"] > 1

    @pytest.mark.parametrize(("service", "program"), [("sockets", "uvicorn"), ("worker", "python")])
    def test_a_container_starts_a_program_that_is_installed(self, services, service, program):
        assert services[service]["command"][0] == program
        assert (Path(sys.executable).parent / program).exists()

    def test_what_it_asks_for_is_written_to_the_env_file_of_the_readme(self):
        asked = set(re.findall(r"\$\{(\w+):\?", (ROOT / "compose.yaml").read_text(encoding="utf-8")))
        page = (ROOT / "README.md").read_text(encoding="utf-8")
        assert asked <= set(re.findall(r"^(\w+)=", page, re.MULTILINE))

    def test_the_image_has_every_app(self):
        copied = set(re.findall(r"^COPY (\w+) \w+$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE))
        apps = {path.parent.name for path in ROOT.glob("*/apps.py")}
        assert apps | {"templates"} == copied
