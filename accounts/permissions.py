"""One function per right; everything that asks "may this person" asks here.

Rights are Django permissions of the User model, given to groups by `services.staff.ensure_roles`.
"""

from django.contrib.auth.models import AnonymousUser

from accounts.models import Right, User

Person = User | AnonymousUser
# As `integrations.actions.Risk` writes it, which this layer may not import.
CRITICAL = "critical"


def _has(user: Person, right: Right) -> bool:
    return user.has_perm(f"accounts.{right}")


def can_see_inbox(user: Person) -> bool:
    """Tell whether somebody may read tickets and their conversations."""
    return _has(user, Right.SEE_INBOX)


def can_reply(user: Person) -> bool:
    """Tell whether somebody may answer customers, take tickets over and write notes."""
    return _has(user, Right.REPLY)


def can_resolve(user: Person) -> bool:
    """Tell whether somebody may resolve, reopen and assign tickets."""
    return _has(user, Right.RESOLVE)


def can_configure(user: Person) -> bool:
    """Tell whether somebody may change procedures, thresholds, stages, brands and teams."""
    return _has(user, Right.CONFIGURE)


def can_manage_staff(user: Person) -> bool:
    """Tell whether somebody may invite staff, give roles and make API tokens."""
    return _has(user, Right.MANAGE_STAFF)


def can_approve_suggestion(user: Person) -> bool:
    """Tell whether somebody may publish what the AI agent learned."""
    return _has(user, Right.APPROVE_SUGGESTION)


def can_approve_action(user: Person, *, amount_cents: int | None = None, risk: str = "") -> bool:
    """Tell whether somebody may say yes to an action of the AI agent, up to their own limit for money.

    `risk` is the action's (`integrations.actions.Risk`). A critical action without an amount, such as a cancellation or
    a new role, is inside nobody's limit. Without both, it tells whether somebody decides on actions at all, as for a no.
    """
    if _has(user, Right.APPROVE_ANY_AMOUNT):
        return True
    if not _has(user, Right.APPROVE_ACTION) or not isinstance(user, User):
        return False
    if amount_cents is None:
        return risk != CRITICAL
    return amount_cents <= user.approval_limit_cents


def can_oversee_ai(user: Person) -> bool:
    """Tell whether somebody may read runs of every team, change stages and stop the AI agent."""
    return _has(user, Right.OVERSEE_AI)


def can_see_insights(user: Person) -> bool:
    """Tell whether somebody may see the figures of all tickets: leads, admins and AI oversight."""
    return can_oversee_ai(user)
