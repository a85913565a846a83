"""A page of the made-up product Fernway, as its server would make it: it signs its customer in to the widget."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import jwt
from django.conf import settings
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.models import Brand, Contact
from accounts.selectors import brand_by_slug
from integrations.models.sandbox import SandboxCharge
from supportai.core import clock
from supportai.core.cel import money
from supportai.core.models import JSONDict

BRAND = "fernway"
FIRST_CUSTOMER = "ana@northwind.example"
MOST_CUSTOMERS = 4
MOST_CHARGES = 12
VISITOR = "visitor"
IDENTITY_AGE = timedelta(hours=12)
PRICES_CENTS = {"free": 0, "starter": 1900, "pro": 4900, "business": 9900, "enterprise": 24900}


@dataclass(frozen=True, slots=True)
class Choice:
    """One person whom the visitor of the demo can be."""

    key: str
    label: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One charge as the product's customer sees it."""

    id: str
    at: datetime
    description: str
    amount: str
    state: str


def billing(request: HttpRequest) -> HttpResponse:
    """Show the billing page of the customer that `?as=` names, or of nobody."""
    if not settings.DEMO:
        raise Http404
    brand = brand_by_slug(BRAND)
    customers = _customers(brand)
    chosen = request.GET.get("as", "")
    default = customers[0] if customers else None
    customer = None if chosen == VISITOR else next((c for c in customers if str(c.public_id) == chosen), default)
    context = {
        "brand": brand,
        "customer": customer,
        "choices": _choices(customers, customer),
        "identity": identity_token(brand, customer) if customer else "",
        "price": money(PRICES_CENTS.get(customer.current_plan, PRICES_CENTS["pro"]), "usd") if customer else "",
        "charges": _charges(customer) if customer else [],
        "renews_at": (clock.now().replace(day=1) + timedelta(days=32)).replace(day=3),
    }
    return render(request, "tickets/demo.html", context)


def identity_token(brand: Brand, customer: Contact) -> str:
    """Sign who the customer is, as the docs tell a product's server to."""
    now = clock.now()
    claims: JSONDict = {
        "aud": brand.slug,
        "sub": customer.external_id or f"demo-{customer.pk}",
        "email": customer.email,
        "name": customer.name,
        "plan": customer.current_plan,
        "iat": int(now.timestamp()),
        "exp": int((now + IDENTITY_AGE).timestamp()),
    }
    if customer.organization:
        claims["organization"] = customer.organization.name
    return jwt.encode(claims, brand.live_keys[0], algorithm="HS256")


def _charges(customer: Contact) -> list[Line]:
    """Read the sandbox, which is Fernway's billing system: what the AI agent refunds is seen here."""
    theirs = Q(contact__iexact=customer.email)
    if customer.organization:
        theirs |= Q(organization=customer.organization.name)
    rows = SandboxCharge.objects.filter(theirs).order_by("-created")[:MOST_CHARGES]
    return [
        Line(row.pk, row.created, row.description or "Subscription", money(row.amount_cents, row.currency), _state(row))
        for row in rows
    ]


def _state(charge: SandboxCharge) -> str:
    if not charge.refunded_cents:
        return charge.status
    if charge.refunded_cents == charge.amount_cents:
        return "refunded"
    return f"{money(charge.refunded_cents, charge.currency)} refunded"


def _customers(brand: Brand) -> list[Contact]:
    known = Contact.objects.filter(brand=brand, is_verified=True).exclude(email="").select_related("organization")
    return sorted(known.order_by("pk")[:MOST_CUSTOMERS], key=lambda c: (c.email != FIRST_CUSTOMER, c.pk))


def _choices(customers: list[Contact], current: Contact | None) -> list[Choice]:
    people = [
        Choice(str(c.public_id), f"{c.display_name}, {c.organization or 'no company'}", c == current) for c in customers
    ]
    return [*people, Choice(VISITOR, "A visitor, not signed in", current is None)]
