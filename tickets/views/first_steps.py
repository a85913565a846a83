"""What is left to do on a new desk before its first ticket; the inbox shows it until then."""

from dataclasses import dataclass

from django.urls import reverse

from accounts.models import Brand, User
from integrations.models import ModelProvider
from knowledge.models import Article
from tickets.models import Procedure, Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstStep:
    """One thing to do; `url` is empty for who may not do it."""

    label: str
    text: str
    url: str
    is_done: bool


def first_steps(user: User) -> list[FirstStep]:
    """Give the steps of a desk without tickets, in the order in which they help; none once there is a ticket."""
    if Ticket.objects.exists():
        return []
    published = Article.objects.filter(state=Article.State.PUBLISHED)
    return [
        _step(
            user,
            Brand,
            "Make a brand",
            "It gives the widget its name and colour; its page has the line for your site.",
            is_done=Brand.objects.exists(),
        ),
        _step(
            user,
            Article,
            "Publish what the AI agent may quote",
            "Write articles, or import a folder with manage.py import_articles.",
            is_done=published.exists(),
        ),
        _step(
            user,
            User,
            "Invite colleagues",
            "What it is not sure of comes to them here.",
            is_done=User.objects.filter(is_active=True).count() > 1,
        ),
        _step(
            user,
            Procedure,
            "Say what it may do",
            "Procedures lead it through refunds, new passwords and the like. Without one it answers only.",
            is_done=Procedure.objects.exists(),
        ),
        _step(
            user,
            ModelProvider,
            "Connect a language model, if you like",
            "Without one it decides by itself and answers in your articles' own words.",
            is_done=ModelProvider.objects.exists(),
        ),
    ]


def _step(
    user: User, model: type[Brand | Article | User | Procedure | ModelProvider], label: str, text: str, *, is_done: bool
) -> FirstStep:
    options = model._meta
    may = user.has_perm(f"{options.app_label}.change_{options.model_name}") and user.is_staff
    url = reverse(f"admin:{options.app_label}_{options.model_name}_changelist") if may else ""
    return FirstStep(label=label, text=text, url=url, is_done=is_done)
