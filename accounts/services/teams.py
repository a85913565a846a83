"""Teams: who is in them and which one takes the rest."""

from collections.abc import Iterable

from django.db import transaction
from django.utils.text import slugify

from accounts.models import Team


@transaction.atomic
def put_team(*, name: str, slug: str = "", member_ids: Iterable[int] = ()) -> Team:
    """Find or create a team by its slug, set its name and add members."""
    team, _ = Team.objects.update_or_create(slug=slug or slugify(name), defaults={"name": name})
    team.members.add(*member_ids)
    return team


@transaction.atomic
def make_default(*, team_id: int) -> Team:
    """Let this team take what no other team takes; the one before gives it up."""
    Team.objects.filter(is_default=True).exclude(pk=team_id).update(is_default=False)
    team = Team.objects.get(pk=team_id)
    team.is_default = True
    team.save(update_fields=["is_default"])
    return team
