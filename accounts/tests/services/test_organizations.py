"""Organizations: found by id, then by name."""

import pytest

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
