"""A company that only calls itself like another one reads nothing of it."""

from datetime import timedelta

import jwt
import pytest

from accounts import widget
from accounts.models import Contact
from accounts.tests.factories import BrandFactory
from integrations.models import SandboxContact
from integrations.tests.factories import SandboxChargeFactory
from supportai.core import clock

pytestmark = pytest.mark.django_db
EVE = "eve@evil.example"


def sign_in(**claims: object) -> Contact:
    """Sign somebody in as the host product's server would."""
    brand = BrandFactory()
    ends = int((clock.now() + timedelta(hours=1)).timestamp())
    token = jwt.encode({"aud": brand.slug, "exp": ends, **claims}, brand.signing_key, algorithm="HS256")
    return widget.open_session(brand, token).contact


def charges(shop, person):
    return [row["id"] for row in shop.run("billing.find_charges", by=person).result["charges"]]


@pytest.fixture
def northwind(shop):
    """Give the real Northwind an id and a charge of its own."""
    shop.northwind.external_id = "org_real"
    shop.northwind.save()
    SandboxChargeFactory(id="ch_1", contact="", organization="Northwind")
    return shop


def test_who_belongs_to_the_company_by_its_id_sees_its_charges(northwind):
    claim = {"id": "org_real", "name": "Northwind"}
    person = sign_in(sub="u-1", email="cfo@northwind.example", organization=claim, roles=["admin"])
    assert charges(northwind, person) == ["ch_1"]


@pytest.mark.parametrize("claim", [{"id": "org_evil", "name": "Northwind"}, "Northwind"], ids=["other id", "no id"])
def test_who_only_shares_its_name_sees_none(northwind, claim):
    assert charges(northwind, sign_in(sub="u-9", email=EVE, organization=claim, roles=["admin"])) == []


def test_roles_said_without_a_company_count_for_none(northwind):
    SandboxContact.objects.create(id="con_9", email="temp@northwind.example", organization="Northwind")
    assert charges(northwind, sign_in(sub="u-9", email="temp@northwind.example", roles=["admin"])) == []
