"""Organizations: found or created from what an identity or a system of record says.

Customers of the host product often name their own company, so a name proves nothing where ids are in use: a row with
an id is found by that id alone, and who only shares its name gets a row of its own, with a name that tells them apart.
"""

from collections.abc import Iterator
from itertools import count

from django.db import transaction

from accounts.models import Organization
from supportai.core.errors import InvalidInputError


@transaction.atomic
def put_organization(*, name: str, external_id: str = "", plan: str = "", mrr_cents: int | None = None) -> Organization:
    """Find or create an organization and bring its facts up to date.

    Its id in the other system finds it. The name does only while the row has no id, and then the id is adopted. Empty
    values leave what is stored. A rename to a name that another organization has is left out.

    Raises:
        InvalidInputError: no name, an unknown plan or a negative revenue.
    """
    name = name.strip()[:200]
    if not name:
        raise InvalidInputError("An organization needs a name.")
    if plan and plan not in Organization.Plan.values:
        raise InvalidInputError(f"Unknown plan: {plan}. Use one of {', '.join(Organization.Plan.values)}.")
    if mrr_cents is not None and mrr_cents < 0:
        raise InvalidInputError("Revenue cannot be negative.")
    organization = _by_id(external_id) or _by_name(name, external_id)
    if organization.name != name and not Organization.objects.filter(name=name).exists():
        organization.name = name
    organization.external_id = organization.external_id or external_id
    organization.plan = plan or organization.plan
    organization.mrr_cents = organization.mrr_cents if mrr_cents is None else mrr_cents
    organization.save()
    return organization


def _by_id(external_id: str) -> Organization | None:
    known = Organization.objects.select_for_update()
    return known.filter(external_id=external_id).first() if external_id else None


def _by_name(name: str, external_id: str) -> Organization:
    """Give the first row without an id among the names that may be meant, else a new one of the first free name."""
    known = Organization.objects.select_for_update()
    for candidate in _names(name, external_id or "no id"):
        same = known.filter(name=candidate).first()
        if same is None:
            return Organization(name=candidate, external_id=external_id)
        if not same.external_id:
            return same
    raise AssertionError("the names never end")


def _names(name: str, mark: str) -> Iterator[str]:
    """Give the name, then that name told apart: `Northwind (org_7)`, `Northwind (org_7, 2)`; all fit the column."""
    yield name
    apart = f"{name[:100]} ({mark[:80]}"
    yield f"{apart})"
    yield from (f"{apart}, {number})" for number in count(2))
