"""A model that asks for anything: nothing outside what its contact may touch changes or is read, no limit is passed."""

import json
from collections import defaultdict
from random import Random

import pytest
from django.core import mail
from django.forms import model_to_dict

from integrations.actions import all_actions, find_action
from integrations.errors import ActionRefusedError
from integrations.models import (
    ActionExecution,
    ActionPolicy,
    Approval,
    SandboxAccount,
    SandboxCharge,
    SandboxCredit,
    SandboxOrganization,
    SandboxRefund,
)
from integrations.models.sandbox import TABLES
from integrations.tests.factories import (
    ANA,
    SandboxAccountFactory,
    SandboxChargeFactory,
    SandboxIntegrationFactory,
    SandboxInvoiceFactory,
    SandboxOrderFactory,
    SandboxSubscriptionFactory,
)

pytestmark = pytest.mark.django_db

FACTORIES = (
    SandboxChargeFactory,
    SandboxSubscriptionFactory,
    SandboxInvoiceFactory,
    SandboxAccountFactory,
    SandboxOrderFactory,
    SandboxIntegrationFactory,
)
# Whose rows there are; only the first two are Ana's, who only looks on at Northwind.
OWNERS = (
    {"contact": ANA, "organization": ""},
    {"contact": ANA, "organization": "Northwind"},
    {"contact": "bob@northwind.example", "organization": "Northwind"},
    {"contact": "bob@northwind.example", "organization": ""},
    {"contact": "", "organization": "Northwind"},
    {"contact": "eve@fabrikam.example", "organization": "Fabrikam"},
    {"contact": "", "organization": "Fabrikam"},
    {"contact": "", "organization": ""},
)
ODD_VALUES: tuple[object, ...] = (
    None,
    "",
    0,
    -1,
    1,
    10**20,
    1.5,
    True,
    [],
    {},
    "ch_404",
    "' OR 1=1 --",
    "%",
    "_",
    "\x00",
    "admin",
    "usd",
)
FOREIGN_MARK = "foreign-secret"


@pytest.fixture
def world(shop):
    """Give everybody one of everything; what Ana may not see carries a mark."""
    SandboxOrganization.objects.create(id="org_1", name="Northwind", admin="bob@northwind.example")
    for factory in FACTORIES:
        for number, owner in enumerate(OWNERS):
            row = factory(**owner)
            if number > 1:
                _mark(row)
    SandboxAccount.objects.update(roles=["viewer"])
    return shop


def _mark(row) -> None:
    for name in ("description", "last_error", "tracking", "url", "number"):
        if hasattr(row, name):
            setattr(row, name, FOREIGN_MARK)
    row.save()


def is_anas(row) -> bool:
    return getattr(row, "contact", ANA) == ANA


def foreign_rows() -> dict[str, dict]:
    models = [model for name, model in TABLES.items() if name not in {"credits", "refunds", "issues"}]
    return {row.pk: model_to_dict(row) for model in models for row in model.objects.all() if not is_anas(row)}


class Model:
    """Asks for random things with random arguments, often nearly right ones."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.ids = [row.pk for model in TABLES.values() for row in model.objects.all()]

    def call(self) -> dict:
        spec = self.random.choice(all_actions())
        arguments = {name: self.value(name) for name in spec.params.model_fields if self.random.random() < 0.9}
        if self.random.random() < 0.1:
            arguments[self.random.choice(["contact", "email", "to", "organization"])] = "bob@northwind.example"
        return {
            "capability": self.random.choice([spec.capability] * 9 + [spec.name]),
            "arguments": arguments,
            "confirmation": self.random.choice(["", *(f"q{number}" for number in range(12))]),
            "episode": f"ticket:t{self.random.randrange(3)}:1",
        }

    def value(self, name: str) -> object:
        if self.random.random() < 0.1:
            return self.random.choice(ODD_VALUES)
        if name.endswith("_id"):
            return self.random.choice(self.ids)
        near = {
            "amount_cents": [1, 900, 2500, 4900, 4901, 10_001],
            "currency": ["usd", "eur", "jpy"],
            "plan": ["free", "pro", "enterprise"],
            "role": ["viewer", "billing", "admin", "owner"],
            "number": [FOREIGN_MARK, "INV-1"],
        }
        return self.random.choice(near.get(name, ["some text that is long enough"]))


def go_wild(shop, seed: int, calls: int = 120) -> int:
    model, made = Model(seed), 0
    for _ in range(calls):
        try:
            shop.run(**model.call())
            made += 1
        except ActionRefusedError:
            continue
    return made


@pytest.mark.parametrize("seed", range(5))
def test_nothing_of_others_is_changed_or_read_and_no_limit_is_passed(world, seed):
    before = foreign_rows()
    assert go_wild(world, seed) > 10
    assert foreign_rows() == before
    assert {address for message in mail.outbox for address in message.to} <= {ANA}
    assert FOREIGN_MARK not in json.dumps([message.body + message.subject for message in mail.outbox])
    seen = json.dumps(list(ActionExecution.objects.values_list("result", flat=True)))
    assert FOREIGN_MARK not in seen
    assert not [row_id for row_id in before if f'"{row_id}"' in seen]
    assert sum(SandboxCharge.objects.values_list("refunded_cents", flat=True)) <= 10_000
    assert sum(SandboxCredit.objects.values_list("amount_cents", flat=True)) <= 5000
    assert set(SandboxCredit.objects.values_list("contact", flat=True)) <= {ANA}


@pytest.mark.parametrize("seed", range(5, 8))
def test_what_happened_is_on_record_and_agrees_with_the_other_side(world, seed):
    go_wild(world, seed)
    done = ActionExecution.objects.filter(state=ActionExecution.State.SUCCEEDED)
    refunds = {row.result["refund_id"] for row in done.filter(action="sandbox.refund_charge")}
    assert refunds == set(SandboxRefund.objects.values_list("pk", flat=True))
    per_yes: dict[str, int] = defaultdict(int)
    for row in ActionExecution.objects.all():
        spec = find_action(row.action)
        assert spec is not None
        per_yes[row.confirmation] += spec.needs_confirmation
        policy = ActionPolicy.objects.get(capability=row.capability)
        if policy.daily_count is not None:
            assert done.filter(capability=row.capability).count() <= policy.daily_count
    assert per_yes.pop("", 0) == 0
    assert set(per_yes.values()) <= {0, 1}
    assert not Approval.objects.exclude(state="pending").exists()


@pytest.mark.parametrize("seed", range(8, 10))
def test_faults_of_the_other_side_open_no_hole(world, seed):
    random = Random(seed)
    for spec in all_actions():
        world.break_next(spec.name, random.choice(["error", "timeout_after"]), times=random.randrange(1, 6))
    before = foreign_rows()
    go_wild(world, seed)
    assert foreign_rows() == before
    assert sum(SandboxCharge.objects.values_list("refunded_cents", flat=True)) <= 10_000
    assert len(mail.outbox) <= 6


@pytest.mark.parametrize("level", ["anonymous", "claimed"])
def test_a_stranger_gets_nothing_at_all(world, level):
    model = Model(0)
    for _ in range(60):
        with pytest.raises(ActionRefusedError):
            world.run(**{**model.call(), "identity_level": level})
    assert not ActionExecution.objects.exists()
