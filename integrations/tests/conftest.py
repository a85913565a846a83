"""A small shop: the sandbox with its bindings and limits, and Ana of Northwind, who is signed in."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from accounts.models import Contact, Organization
from accounts.tests.factories import ContactFactory, OrganizationFactory
from integrations.errors import ActionRefusedError
from integrations.models import (
    ActionExecution,
    ActionPolicy,
    SandboxFault,
    SandboxOrganization,
)
from integrations.services.executions import ActionCall, execute
from integrations.services.sandbox import ensure_sandbox
from integrations.tests.factories import ANA
from supportai.core.actors import AI_AGENT


class Shop:
    """Calls actions as the AI agent does."""

    def __init__(self) -> None:
        self.installation = ensure_sandbox()
        self.northwind = OrganizationFactory(name="Northwind")
        self.ana = ContactFactory(email=ANA, name="Ana Ruiz", organization=self.northwind)

    def person(self, email: str, organization: Organization | None = None, **fields: Any) -> Any:
        return ContactFactory(email=email, organization=organization, **fields)

    def call(self, capability: str, **fields: Any) -> ActionCall:
        values = {
            "arguments": {},
            "contact_id": self.ana.pk,
            "identity_level": "signed",
            "episode": "ticket:t1:1",
            "caller": "run:00000000-0000-0000-0000-000000000001:3",
            "actor": AI_AGENT,
            **fields,
        }
        return ActionCall(capability=capability, **values)

    def run(
        self, capability: str, arguments: Any = None, *, by: Contact | None = None, **fields: Any
    ) -> ActionExecution:
        who = by or self.ana
        return execute(self.call(capability, arguments=arguments or {}, contact_id=who.pk, **fields))

    def refund(self, charge_id: str, amount_cents: int | None = None, **fields: Any) -> ActionExecution:
        """Refund with a yes of its own for each charge and amount."""
        arguments = {"charge_id": charge_id} | ({} if amount_cents is None else {"amount_cents": amount_cents})
        return self.run("billing.refund_charge", arguments, **{"confirmation": f"yes {arguments}", **fields})

    def policy(self, capability: str, **values: Any) -> None:
        assert ActionPolicy.objects.filter(capability=capability).update(**values)

    def break_next(self, action: str, kind: str = "error", times: int = 1) -> None:
        SandboxFault.objects.create(action=action, kind=kind, times=times)

    def make_admin(self, email: str = ANA) -> None:
        SandboxOrganization.objects.create(id="org_1", name="Northwind", admin=email)


@pytest.fixture
def shop(db) -> Shop:
    return Shop()


@contextmanager
def refused(rule: str) -> Iterator[None]:
    """Expect a refusal by this rule, and that no row was stored for it."""
    before = ActionExecution.objects.count()
    with pytest.raises(ActionRefusedError) as caught:
        yield
    assert caught.value.rule == rule
    assert ActionExecution.objects.count() == before
