"""The people of the demo company: its staff, its customers, and what the sandbox knows of them."""

from dataclasses import dataclass
from pathlib import Path

import yaml

from accounts.models import Brand, Contact, Team, User
from accounts.services.contacts import SignedIdentity, sign_in_contact
from accounts.services.staff import ensure_roles, set_roles
from integrations.models import SandboxContact
from integrations.services.sandbox import load_sandbox
from supportai.core import clock
from supportai.core.models import JSONDict
from supportai.demo.configuration import HERE, read_yaml

BRAND = "fernway"
# Everybody knows it, so production refuses to start as a demo.
PASSWORD = "demo"  # noqa: S105


@dataclass(frozen=True, slots=True)
class StaffMember:
    """One demo login."""

    email: str
    name: str
    role: User.Role
    teams: tuple[str, ...] = ()


STAFF = (
    StaffMember("admin@fernway.example", "Ada Admin", User.Role.ADMIN, ("general",)),
    StaffMember("ines@fernway.example", "Ines Moreau", User.Role.LEAD, ("billing", "accounts", "general")),
    StaffMember("jonas@fernway.example", "Jonas Berg", User.Role.AGENT, ("technical", "orders")),
    StaffMember("olga@fernway.example", "Olga Petrov", User.Role.AI_OVERSIGHT),
)


def ensure_brand() -> Brand:
    """Give the demo's brand, made at the first call."""
    brand, _ = Brand.objects.get_or_create(
        slug=BRAND,
        defaults={
            "name": "Fernway",
            "color": "#0b5962",
            "greeting": "Hi! Ask about projects, invoices or your account.",
            "languages": ["en"],
            "suggestions": [
                "How do I invite a colleague?",
                "I was charged twice",
                "I forgot my password",
                "How do I export my data?",
            ],
        },
    )
    return brand


def ensure_staff() -> int:
    """Create the demo logins that are missing, with their roles and teams; returns how many were made."""
    ensure_roles()
    return sum(_add_member(member) for member in STAFF)


def _add_member(member: StaffMember) -> bool:
    if User.objects.filter(email=member.email).exists():
        return False
    # Not invite_staff(), which rightly refuses a password like this one.
    user = User.objects.create_user(member.email, PASSWORD, name=member.name)
    set_roles(user_id=user.pk, roles=[member.role])
    user.teams.set(Team.objects.filter(slug__in=member.teams))
    return True


def ensure_customers(brand: Brand) -> list[Contact]:
    """Sign every demo customer in, as Fernway's own server would, in the order of the file."""
    return [sign_in_contact(brand_id=brand.pk, identity=_identity(who)) for who in read_yaml("customers.yaml")]


def _identity(who: JSONDict) -> SignedIdentity:
    return SignedIdentity(
        external_id=who["id"],
        email=who["email"],
        name=who["name"],
        organization=who["organization"],
        plan=who["plan"],
        roles=tuple(who["roles"]),
    )


def fill_sandbox() -> int:
    """Store the customers' charges, accounts, orders and so on; returns how many rows, 0 when there are some."""
    if SandboxContact.objects.exists():
        return 0
    tables = yaml.safe_load(Path(HERE, "sandbox.yaml").read_text(encoding="utf-8"))
    return load_sandbox(tables, now=clock.now())
