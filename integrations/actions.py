"""Actions: the typed functions of connectors that procedures and policies may ask for."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from importlib import import_module
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, field_validator

from supportai.core.models import JSONDict


class Risk(StrEnum):
    """What an action can do: read, change something, or move money out or change rights."""

    READ = "read"
    WRITE = "write"
    CRITICAL = "critical"


class Params(BaseModel):
    """The base of parameter models: no unknown fields, no conversion of types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @field_validator("*")
    @classmethod
    def _storable(cls, value: Any) -> Any:
        """Refuse the character that PostgreSQL cannot store."""
        if isinstance(value, str) and "\x00" in value:
            raise ValueError("a text may not hold a zero byte")
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundIdentity:
    """Who asks, bound by the platform: the verified contact's address and organization, never the model's word.

    `roles` are what a signed identity called this person; empty when this message was not signed.
    """

    contact_id: int
    email: str
    name: str
    organization: str
    roles: frozenset[str] = frozenset()


class Connector(Protocol):
    """A client of one installation; see `connectors/<kind>/client.py`."""

    kind: str

    def check(self) -> None:
        """Raise `ConnectorError` when the other system cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """Money that an action moves, in the currency's smallest unit."""

    cents: int
    currency: str


Run = Callable[..., JSONDict]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionSpec:
    """What is known of an action.

    `owner(connector, params, identity)` refuses objects that the contact may not touch (raises
    `ActionRefusedError`). `amount(connector, params)` tells the money moved. `needs_admin(connector, params, identity)`
    says why a person must agree, or nothing. `reconcile(connector, key)` finds out what an unknown call did: its
    result, or None when nothing happened. `undo(connector, execution)` compensates, and does no harm when it runs twice.
    """

    name: str
    capability: str
    risk: Risk
    params: type[Params]
    run: Run
    owner: Callable[[Any, Any, BoundIdentity], None] | None = None
    amount: Callable[[Any, Any], Amount] | None = None
    reconcile: Callable[[Any, str], JSONDict | None] | None = None
    undo: Callable[[Any, Any], None] | None = None
    undo_window: timedelta = timedelta(hours=24)
    needs_confirmation: bool = False
    needs_admin: Callable[[Any, Any, BoundIdentity], str] | None = None

    @property
    def kind(self) -> str:
        """Name the connector that it belongs to."""
        return self.name.partition(".")[0]

    @property
    def description(self) -> str:
        """Give what a model reads: the function's docstring."""
        return (self.run.__doc__ or "").strip()

    @property
    def is_reversible(self) -> bool:
        """Tell whether it declares how to undo it."""
        return self.undo is not None


_specs: dict[str, ActionSpec] = {}
BUILT_IN_CONNECTORS = ("sandbox",)


def action(*, name: str, capability: str, risk: Risk, params: type[Params], **options: Any) -> Callable[[Run], Run]:
    """Register a function as an action; see `ActionSpec` for the options.

    Raises:
        ValueError: the name is taken.
    """

    def register(run: Run) -> Run:
        if name in _specs and _specs[name].run.__module__ != run.__module__:
            raise ValueError(f"two actions are named {name}")
        _specs[name] = ActionSpec(name=name, capability=capability, risk=risk, params=params, run=run, **options)
        return run

    return register


def find_action(name: str) -> ActionSpec | None:
    """Find an action by its full name, loading its connector first."""
    load_connectors()
    return _specs.get(name)


def all_actions() -> list[ActionSpec]:
    """List every action of the built-in connectors, by name."""
    load_connectors()
    return [_specs[name] for name in sorted(_specs)]


def load_connectors() -> None:
    """Import the actions of every built-in connector."""
    for kind in BUILT_IN_CONNECTORS:
        import_module(f"integrations.connectors.{kind}.actions")


def connector_for(installation: Any) -> Connector:
    """Build the client of an installation."""
    module = import_module(f"integrations.connectors.{installation.kind}.client")
    connector: Connector = module.connect(installation)
    return connector
