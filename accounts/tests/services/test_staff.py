"""Staff: invitations, roles, leaving."""

import pytest

from accounts.errors import EmailTakenError, LastAdminError
from accounts.models import User
from accounts.services import staff
from accounts.tests.factories import ApiTokenFactory, UserFactory
from supportai.core.errors import InvalidInputError

pytestmark = pytest.mark.django_db


def test_an_invited_agent_has_the_role_and_no_admin_pages():
    user = staff.invite_staff(email="Jonas@Fernway.example", name="Jonas Berg", role=User.Role.AGENT)
    assert user.email == "jonas@fernway.example"
    assert list(user.groups.values_list("name", flat=True)) == ["agent"]
    assert not user.is_staff
    assert not user.has_usable_password()


@pytest.mark.parametrize("role", ["lead", "admin", "ai_oversight"])
def test_other_roles_open_the_admin(role):
    assert staff.invite_staff(email="x@fernway.example", name="X", role=User.Role(role)).is_staff


def test_an_address_is_taken_whatever_its_case():
    UserFactory(email="ines@fernway.example")
    with pytest.raises(EmailTakenError):
        staff.invite_staff(email="INES@fernway.example", name="Ines", role=User.Role.LEAD)


def test_a_weak_password_is_refused_and_nobody_is_created():
    with pytest.raises(InvalidInputError, match="too short"):
        staff.invite_staff(email="x@fernway.example", name="X", role=User.Role.AGENT, password="short")
    assert not User.objects.exists()


def test_changing_roles_replaces_them_and_keeps_own_groups():
    from django.contrib.auth.models import Group

    UserFactory(role="admin")
    user = UserFactory(role="lead")
    own = Group.objects.create(name="Night shift")
    user.groups.add(own)
    changed = staff.set_roles(user_id=user.pk, roles=[User.Role.AGENT])
    assert set(changed.groups.values_list("name", flat=True)) == {"agent", "Night shift"}
    assert not changed.is_staff


def test_the_last_admin_stays_admin():
    admin = UserFactory(role="admin")
    with pytest.raises(LastAdminError):
        staff.set_roles(user_id=admin.pk, roles=[User.Role.LEAD])
    with pytest.raises(LastAdminError):
        staff.deactivate_staff(user_id=admin.pk)
    UserFactory(role="admin")
    assert not staff.deactivate_staff(user_id=admin.pk).is_active


def test_leaving_ends_the_tokens_of_somebody():
    UserFactory(role="admin")
    token = ApiTokenFactory()
    staff.deactivate_staff(user_id=token.user_id)
    token.refresh_from_db()
    assert token.is_revoked
