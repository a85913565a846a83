"""Load the demo's intents, procedures, teams and settings; rows that exist are left as an admin made them."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction

from accounts.models import Team
from tickets.models import AgentConfiguration, Intent, Procedure, ProcedureStep, Stage

HERE = Path(__file__).parent
TEAMS = {
    "billing": "Billing",
    "accounts": "Accounts",
    "technical": "Technical",
    "orders": "Orders",
    "general": "General",
}


@transaction.atomic
def load_configuration() -> dict[str, int]:
    """Create what is missing of the demo configuration; returns how many rows of each kind were made."""
    before = _counts()
    AgentConfiguration.objects.first() or AgentConfiguration.objects.create()
    teams = {slug: _team(slug, name) for slug, name in TEAMS.items()}
    for data in read_yaml("intents.yaml"):
        intent, _ = Intent.objects.get_or_create(
            slug=data["slug"],
            defaults={
                "name": data["name"],
                "examples": data["examples"].strip(),
                "team": teams[data["team"]],
                "priority": data["priority"],
                "is_how_to": data.get("is_how_to", False),
            },
        )
        Stage.objects.get_or_create(intent=intent, defaults={"level": Stage.Level.AUTO})
    for data in read_yaml("procedures.yaml"):
        load_procedure(data)
    after = _counts()
    return {name: after[name] - before[name] for name in after}


def load_procedure(data: dict[str, Any]) -> Procedure:
    """Create one procedure from its YAML form, unless its intent has one; every step is checked as in the admin.

    Raises:
        django.core.exceptions.ValidationError: a step is malformed.
    """
    intent = Intent.objects.get(slug=data["intent"])
    procedure, is_new = Procedure.objects.get_or_create(
        intent=intent,
        defaults={"guidance": data.get("guidance", ""), "needs_identity": data.get("needs_identity", True)},
    )
    if is_new:
        for position, fields in enumerate(data["steps"], start=1):
            step = ProcedureStep(procedure=procedure, position=position * 10, **fields)
            step.full_clean(exclude=["card", "arguments"])
            step.save()
    return procedure


@cache
def read_yaml(name: str) -> list[dict[str, Any]]:
    """Read a data file of the demo."""
    data: list[dict[str, Any]] = yaml.safe_load((HERE / name).read_text(encoding="utf-8"))
    return data


def _team(slug: str, name: str) -> Team:
    return Team.objects.get_or_create(slug=slug, defaults={"name": name, "is_default": slug == "general"})[0]


def _counts() -> dict[str, int]:
    return {"intents": Intent.objects.count(), "procedures": Procedure.objects.count(), "teams": Team.objects.count()}
