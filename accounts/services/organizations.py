"""Organizations: found or created from what an identity or a system of record says."""

from django.db import transaction

from accounts.models import Organization
from supportai.core.errors import InvalidInputError


@transaction.atomic
def put_organization(*, name: str, external_id: str = "", plan: str = "", mrr_cents: int | None = None) -> Organization:
    """Find an organization by its id in the other system, else by name, and bring its facts up to date.

    Empty values leave what is stored. A name that another organization has keeps the old name.

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
    organization = _find(name, external_id) or Organization(name=name, external_id=external_id)
    if organization.name != name and not Organization.objects.filter(name=name).exists():
        organization.name = name
    organization.external_id = organization.external_id or external_id
    organization.plan = plan or organization.plan
    organization.mrr_cents = organization.mrr_cents if mrr_cents is None else mrr_cents
    organization.save()
    return organization


def _find(name: str, external_id: str) -> Organization | None:
    known = Organization.objects.select_for_update()
    found = known.filter(external_id=external_id).first() if external_id else None
    return found or known.filter(name=name).first()
