"""Configuration of the AI agent as frozen values with their version, read once a run."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Max

from tickets.models import AgentConfiguration, Intent, Procedure, ProcedureStep, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRule:
    """One step of a procedure, as the engine reads it; see `ProcedureStep` for the fields."""

    key: str
    kind: str
    condition: str = ""
    capability: str = ""
    arguments: tuple[tuple[str, str], ...] = ()
    expression: str = ""
    text: str = ""
    label: str = ""
    card: tuple[tuple[str, str], ...] = ()
    on_no: str = ""
    reason: str = ""
    ledger: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcedureRule:
    """One enabled procedure."""

    slug: str
    name: str
    needs_identity: bool
    guidance: str
    steps: tuple[StepRule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentRule:
    """One intent with its phrases."""

    slug: str
    name: str
    phrases: tuple[str, ...]
    team_id: int | None
    priority: str
    is_how_to: bool
    stage: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSettings:
    """All that a lead configured, with a version that changes whenever any of it does."""

    version: str
    is_on: bool
    answer_threshold: float
    act_threshold: float
    silence: timedelta
    max_steps: int
    max_seconds: int
    intents: tuple[IntentRule, ...]
    procedures: tuple[ProcedureRule, ...]

    def intent(self, slug: str) -> IntentRule | None:
        """Find an intent."""
        return next((intent for intent in self.intents if intent.slug == slug), None)

    def procedure(self, slug: str) -> ProcedureRule | None:
        """Find an enabled procedure."""
        return next((procedure for procedure in self.procedures if procedure.slug == slug), None)


_cached: dict[str, AgentSettings] = {}


def agent_settings() -> AgentSettings:
    """Read the configuration; unchanged rows give the same object."""
    version = _version()
    if version not in _cached:
        _cached.clear()
        _cached[version] = _load(version)
    return _cached[version]


def _version() -> str:
    parts: list[Any] = []
    for model in (AgentConfiguration, Intent, Procedure, ProcedureStep, Stage):
        rows = model.objects.aggregate(newest=Max("updated_at"), last=Max("pk"))
        parts += [model.__name__, model.objects.count(), rows["newest"], rows["last"]]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


def _load(version: str) -> AgentSettings:
    row = AgentConfiguration.objects.order_by("pk").first() or AgentConfiguration()
    stages = dict(Stage.objects.values_list("intent__slug", "level"))
    return AgentSettings(
        version=version,
        is_on=row.is_on,
        answer_threshold=row.answer_threshold,
        act_threshold=row.act_threshold,
        silence=timedelta(hours=row.silence_hours),
        max_steps=row.max_steps,
        max_seconds=row.max_seconds,
        intents=tuple(
            IntentRule(
                slug=intent.slug,
                name=intent.name,
                phrases=tuple(intent.phrases),
                team_id=intent.team_id,
                priority=intent.priority,
                is_how_to=intent.is_how_to,
                stage=stages.get(intent.slug, row.default_stage),
            )
            for intent in Intent.objects.all()
        ),
        procedures=tuple(
            _procedure_rule(procedure)
            for procedure in Procedure.objects.filter(is_enabled=True)
            .select_related("intent")
            .prefetch_related("steps")
        ),
    )


def _procedure_rule(procedure: Procedure) -> ProcedureRule:
    return ProcedureRule(
        slug=procedure.slug,
        name=procedure.intent.name,
        needs_identity=procedure.needs_identity,
        guidance=procedure.guidance,
        steps=tuple(_step_rule(step) for step in procedure.steps.all()),
    )


def _step_rule(step: ProcedureStep) -> StepRule:
    return StepRule(
        key=step.key,
        kind=step.kind,
        condition=step.condition,
        capability=step.capability,
        arguments=tuple(step.arguments.items()),
        expression=step.expression,
        text=step.text,
        label=step.label,
        card=tuple(step.card.items()),
        on_no=step.on_no,
        reason=step.reason,
        ledger=step.ledger,
    )
