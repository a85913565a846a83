"""Rows of accounts for tests."""

from typing import Any

from django.contrib.auth.models import Group
from factory.declarations import LazyAttribute, LazyFunction, Sequence, SubFactory
from factory.django import DjangoModelFactory
from factory.helpers import post_generation

from accounts.models import ApiToken, Brand, Contact, Organization, Team, User

PASSWORD = "correct horse battery"


class UserFactory(DjangoModelFactory):
    """A member of staff; `role="agent"` and so on joins the role's group."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = Sequence(lambda n: f"staff{n}@fernway.example")
    name = Sequence(lambda n: f"Staff Number{n}")

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **kwargs: Any) -> User:
        password = kwargs.pop("password", PASSWORD)
        return model_class.objects.create_user(kwargs.pop("email"), password, **kwargs)

    @post_generation
    def role(self: User, create: bool, extracted: str | None, **_kwargs: Any) -> None:
        """Join a role's group; without one an agent."""
        role = User.Role(extracted or User.Role.AGENT)
        self.groups.add(Group.objects.get_or_create(name=role.value)[0])
        self.is_staff = role != User.Role.AGENT
        self.save(update_fields=["is_staff"])


class TeamFactory(DjangoModelFactory):
    """A team without members."""

    class Meta:
        model = Team

    slug = Sequence(lambda n: f"team-{n}")
    name = Sequence(lambda n: f"Team {n}")


class OrganizationFactory(DjangoModelFactory):
    """A paying company."""

    class Meta:
        model = Organization

    name = Sequence(lambda n: f"Studio {n}")
    plan = Organization.Plan.PRO
    mrr_cents = 4900


class BrandFactory(DjangoModelFactory):
    """A brand that takes visitors."""

    class Meta:
        model = Brand

    slug = Sequence(lambda n: f"brand-{n}")
    name = Sequence(lambda n: f"Brand {n}")
    languages = LazyFunction(lambda: ["en"])


class ContactFactory(DjangoModelFactory):
    """A verified customer of an organization."""

    class Meta:
        model = Contact

    email = Sequence(lambda n: f"customer{n}@northwind.example")
    name = Sequence(lambda n: f"Customer Number{n}")
    external_id = Sequence(lambda n: f"user-{n}")
    is_verified = True
    organization = SubFactory(OrganizationFactory)
    brand = SubFactory(BrandFactory)


class VisitorFactory(DjangoModelFactory):
    """Somebody of whom nothing is known."""

    class Meta:
        model = Contact

    brand = SubFactory(BrandFactory)


class ApiTokenFactory(DjangoModelFactory):
    """A token that may read and write; `secret="sai_…"` sets what the client sends."""

    class Meta:
        model = ApiToken

    class Params:
        secret = "sai_test"

    name = "test"
    user = SubFactory(UserFactory)
    scopes = LazyFunction(lambda: ["read", "write"])
    digest = LazyAttribute(lambda o: ApiToken.digest_of(o.secret))
