"""Organizations: found by id; by name only where there is no id."""

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Organization
from accounts.services.organizations import put_organization
from accounts.services.teams import make_default, put_team
from accounts.tests.factories import OrganizationFactory, TeamFactory, UserFactory
from supportai.core.errors import InvalidInputError

pytestmark = pytest.mark.django_db


def test_put_twice_is_one_organization():
    put_organization(name="Northwind", plan="pro", mrr_cents=4900)
    again = put_organization(name=" Northwind ", external_id="org-7")
    assert Organization.objects.get() == again
    assert (again.plan, again.mrr_cents, again.external_id) == ("pro", 4900, "org-7")


def test_the_id_of_the_other_system_wins_over_the_name():
    known = OrganizationFactory(name="Old name", external_id="org-7")
    assert put_organization(name="New name", external_id="org-7").pk == known.pk
    known.refresh_from_db()
    assert known.name == "New name"


def test_a_name_that_is_taken_is_not_taken_over():
    OrganizationFactory(name="Northwind", external_id="org-1")
    other = OrganizationFactory(name="Fabrikam", external_id="org-2")
    put_organization(name="Northwind", external_id="org-2", plan="business")
    other.refresh_from_db()
    assert (other.name, other.plan) == ("Fabrikam", "business")


def test_another_id_with_the_same_name_is_another_organization():
    real = put_organization(name="Northwind", external_id="org_real", plan="pro")
    newcomer = put_organization(name="Northwind", external_id="org_evil", plan="free")
    assert newcomer.pk != real.pk
    assert (newcomer.name, newcomer.external_id) == ("Northwind (org_evil)", "org_evil")
    real.refresh_from_db()
    assert (real.name, real.external_id, real.plan) == ("Northwind", "org_real", "pro")
    assert put_organization(name="Northwind", external_id="org_evil") == newcomer
    assert put_organization(name="Northwind", external_id="org_real") == real


def test_a_name_alone_does_not_reach_a_row_with_an_id():
    real = put_organization(name="Northwind", external_id="org_real")
    nameless = put_organization(name="Northwind")
    assert (nameless.name, nameless.external_id) == ("Northwind (no id)", "")
    assert put_organization(name="Northwind") == nameless
    assert put_organization(name="Northwind", external_id="org_real") == real


def test_names_alone_stay_the_identity_where_nobody_sends_ids():
    assert put_organization(name="Northwind") == put_organization(name="Northwind", plan="pro")
    assert Organization.objects.get().plan == "pro"


def test_a_name_made_up_for_somebody_apart_cannot_be_claimed():
    put_organization(name="Northwind", external_id="org_1")
    apart = put_organization(name="Northwind", external_id="org_2")
    assert put_organization(name="Northwind (org_2)") != apart
    assert put_organization(name="Northwind (org_2)", external_id="org_3").name == "Northwind (org_2) (org_3)"


def test_long_names_and_ids_are_told_apart_too():
    name, ids = "n" * 200, ["i" * 199 + end for end in "abc"]
    made = [put_organization(name=name, external_id=external_id) for external_id in ids]
    assert len({row.pk for row in made}) == 3
    assert [row.pk for row in made] == [put_organization(name=name, external_id=i).pk for i in ids]
    assert all(len(row.name) <= 200 for row in made)


def test_an_id_belongs_to_one_organization():
    OrganizationFactory(external_id="org-1")
    with pytest.raises(IntegrityError), transaction.atomic():
        OrganizationFactory(external_id="org-1")
    OrganizationFactory.create_batch(2, external_id="")


@pytest.mark.parametrize("facts", [{"name": "  "}, {"name": "X", "plan": "gold"}, {"name": "X", "mrr_cents": -1}])
def test_what_makes_no_sense_is_refused(facts):
    with pytest.raises(InvalidInputError):
        put_organization(**facts)


def test_a_team_is_put_once_and_gains_members():
    user = UserFactory()
    team = put_team(name="Billing", member_ids=[user.pk])
    assert put_team(name="Billing & plans", slug="billing") == team
    assert list(team.members.all()) == [user]


def test_one_team_is_the_default():
    first, second = TeamFactory(), TeamFactory()
    make_default(team_id=first.pk)
    make_default(team_id=second.pk)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.is_default, second.is_default) == (False, True)
