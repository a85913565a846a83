"""What the frame of every staff page shows: who is signed in, what waits, whether the AI agent is on."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from accounts.permissions import can_approve_suggestion, can_configure, can_oversee_ai, can_see_inbox, can_see_insights
from knowledge.selectors_gaps import wanted_count
from supportai.core.models import JSONDict
from tickets import selectors_inbox


def staff_bar(request: HttpRequest) -> JSONDict:
    """Offer `bar` (nothing is read until a template uses it) and, in a demo, `demo_logins`."""
    context: JSONDict = {"bar": SimpleLazyObject(lambda: bar_for(getattr(request, "user", None)))}
    if settings.DEMO:
        context["demo_logins"] = SimpleLazyObject(selectors_inbox.staff_for_demo)
    return context


def bar_for(user: object) -> JSONDict:
    """Give what the top bar of a member of staff shows; empty for everybody else."""
    if not isinstance(user, User) or not can_see_inbox(user):
        return {}
    return {
        "needs": selectors_inbox.count_needs(user_id=user.pk),
        "approvals": selectors_inbox.count_approvals(),
        "switch": selectors_inbox.ai_switch(),
        "can_switch": user.is_staff and (can_oversee_ai(user) or can_configure(user)),
        "can_see_insights": can_see_insights(user),
        "gaps": wanted_count() if can_approve_suggestion(user) else 0,
        "suggestions": selectors_inbox.count_suggestions() if can_approve_suggestion(user) else 0,
    }
