"""Rows of integrations for tests."""

import uuid
from datetime import timedelta

from factory.declarations import LazyFunction, Sequence, SubFactory
from factory.django import DjangoModelFactory

from accounts.tests.factories import ContactFactory
from integrations.models import (
    ActionExecution,
    Approval,
    Installation,
    ModelProvider,
    SandboxAccount,
    SandboxCharge,
    SandboxIntegration,
    SandboxInvoice,
    SandboxOrder,
    SandboxSubscription,
)
from supportai.core import clock

ANA = "ana@northwind.example"


class InstallationFactory(DjangoModelFactory):
    """A connected sandbox."""

    class Meta:
        model = Installation

    kind = "sandbox"
    name = Sequence(lambda n: f"Sandbox {n}")
    state = Installation.State.ACTIVE


class ActionExecutionFactory(DjangoModelFactory):
    """A refund that succeeded."""

    class Meta:
        model = ActionExecution

    idempotency_key = LazyFunction(uuid.uuid4)
    capability = "billing.refund_charge"
    action = "sandbox.refund_charge"
    risk = "critical"
    installation = SubFactory(InstallationFactory)
    contact = SubFactory(ContactFactory)
    identity_level = "signed"
    caller = Sequence(lambda n: f"run:{uuid.UUID(int=n)}:0")
    episode = Sequence(lambda n: f"ticket:{uuid.UUID(int=n)}:1")
    actor_kind = "ai_agent"
    arguments = LazyFunction(lambda: {"charge_id": "ch_1", "amount_cents": 4900})
    amount_cents = 4900
    currency = "usd"
    state = ActionExecution.State.SUCCEEDED


class ApprovalFactory(DjangoModelFactory):
    """A refund that waits for one person."""

    class Meta:
        model = Approval

    execution = SubFactory(ActionExecutionFactory, state=ActionExecution.State.PLANNED)
    reason = "Above the limit per contact and day."
    expires_at = LazyFunction(lambda: clock.now() + timedelta(hours=24))


class SandboxChargeFactory(DjangoModelFactory):
    """Ana's charge of $49."""

    class Meta:
        model = SandboxCharge

    id = Sequence(lambda n: f"ch_f{n}")
    contact = ANA
    amount_cents = 4900
    description = "Pro plan"


class SandboxSubscriptionFactory(DjangoModelFactory):
    """Ana's pro plan."""

    class Meta:
        model = SandboxSubscription

    id = Sequence(lambda n: f"sub_f{n}")
    contact = ANA
    plan = "pro"


class SandboxInvoiceFactory(DjangoModelFactory):
    """Ana's invoice."""

    class Meta:
        model = SandboxInvoice

    id = Sequence(lambda n: f"in_f{n}")
    contact = ANA
    number = Sequence(lambda n: f"INV-{n}")
    amount_cents = 4900


class SandboxAccountFactory(DjangoModelFactory):
    """Ana's sign-in at Northwind."""

    class Meta:
        model = SandboxAccount

    id = Sequence(lambda n: f"acc_f{n}")
    contact = ANA
    organization = "Northwind"
    roles = LazyFunction(lambda: ["member"])


class SandboxOrderFactory(DjangoModelFactory):
    """Ana's order."""

    class Meta:
        model = SandboxOrder

    id = Sequence(lambda n: f"ord_f{n}")
    contact = ANA
    status = "shipped"
    tracking = "TR-1"


class SandboxIntegrationFactory(DjangoModelFactory):
    """Ana's broken connection to Slack."""

    class Meta:
        model = SandboxIntegration

    id = Sequence(lambda n: f"int_f{n}")
    contact = ANA
    name = "Slack"
    status = "error"
    last_error = "token expired"


class ModelProviderFactory(DjangoModelFactory):
    """A model of a server that speaks OpenAI's API."""

    class Meta:
        model = ModelProvider

    name = Sequence(lambda n: f"Model {n}")
    kind = "openai_compatible"
    model = "scripted-1"
    base_url = "http://127.0.0.1:9/v1"
    position = Sequence(lambda n: n)
