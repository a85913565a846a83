"""Switch to another retrieval profile: build its store beside the one in use, then let searches use it."""

from collections.abc import Callable
from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import F, Q, QuerySet

from knowledge.errors import EmbeddingUnavailableError, ProfileBusyError
from knowledge.events import ProfileChosen
from knowledge.models import RetrievalProfile
from knowledge.services import rebuilding
from knowledge.services.embedders import embed_with
from knowledge.services.passages import target_of
from supportai.core import clock
from supportai.core.errors import DomainError
from supportai.core.events import publish

log = structlog.get_logger(__name__)

State = RetrievalProfile.State
# A build says so more often than this while it runs; one that does not has lost its worker.
LEASE = timedelta(minutes=3)
MAX_BUILDS = 3
# Searches that began with the old profile have ended by then.
KEPT_AFTER_SWITCH = timedelta(minutes=2)
# While an endpoint is down, questions do not wait for it each time.
ENDPOINT_RESTS = timedelta(seconds=30)


class BuildLostError(DomainError):
    """Another worker builds this profile now, or it is not wanted any more; this one stops and changes nothing."""

    code = "build_lost"
    status = 409


@transaction.atomic
def choose_profile(*, profile_id: int) -> RetrievalProfile:
    """Ask for a profile: its store is built by a worker, and searches switch to it once it is complete.

    Raises:
        ProfileBusyError: it is active already, or some profile is being built.
    """
    profile = RetrievalProfile.objects.select_for_update(no_key=True).get(pk=profile_id)
    if profile.is_active:
        raise ProfileBusyError("Searches use this profile already.")
    if profile.state == State.CLEARING:
        raise ProfileBusyError("What it held before is being removed; try again in a minute.")
    busy = RetrievalProfile.objects.filter(state=State.BUILDING).first()
    if busy is not None:
        raise ProfileBusyError(f"{busy.name} is being built; wait until it is done.")
    profile.state, profile.failure, profile.retired_at = State.BUILDING, "", None
    profile.build_attempts, profile.building_until, profile.done, profile.total = 0, None, 0, 0
    profile.save()
    publish(ProfileChosen(profile_id=profile.pk))
    return profile


def build_profile(*, profile_id: int) -> bool:
    """Fill the store of a profile that was chosen and switch to it; False when there was nothing to do for this worker.

    Until the last moment searches use the profile they used before; a failed build is written down and leaves it so.
    """
    if not _claim(profile_id):
        return False
    profile = RetrievalProfile.objects.get(pk=profile_id)
    try:
        _build(profile)
    except BuildLostError:
        return False
    except Exception as exc:  # whatever fails stands at the profile, where the admin shows it
        log.exception("profile.build_failed", profile=profile_id)
        reason = exc.message if isinstance(exc, DomainError) else f"{type(exc).__name__}: {exc}"
        _building(profile_id).update(state=State.FAILED, failure=reason[:500], building_until=None)
        return False
    return True


def due_builds() -> list[int]:
    """Give builds that nobody works on, and end those that were tried too often."""
    now = clock.now()
    lost = RetrievalProfile.objects.filter(
        Q(building_until__lt=now) | Q(building_until__isnull=True, updated_at__lt=now - LEASE), state=State.BUILDING
    )
    lost.filter(build_attempts__gte=MAX_BUILDS).update(
        state=State.FAILED, failure="It ended its worker again and again.", building_until=None
    )
    return list(lost.values_list("pk", flat=True))


def drop_retired_stores() -> int:
    """Empty the stores of profiles that searches have left for a while, and count them."""
    before = clock.now() - KEPT_AFTER_SWITCH
    retired = RetrievalProfile.objects.filter(
        is_active=False, retired_at__lt=before, state__in=(State.READY, State.CLEARING)
    )
    # First the mark: nobody can choose it while it is emptied, and a sweep that is killed is made up for by the next.
    retired.update(state=State.CLEARING)
    clearing = list(retired)
    for profile in clearing:
        target_of(profile.settings.store_name).store.drop()
        RetrievalProfile.objects.filter(pk=profile.pk, state=State.CLEARING).update(state=State.NEW, retired_at=None)
    return len(clearing)


def check_profile(*, profile_id: int) -> str:
    """Embed one text and say what is wrong, empty when nothing is; a working endpoint is used again at once."""
    profile = RetrievalProfile.objects.get(pk=profile_id)
    try:
        embed_with(profile.settings.store_name, ["How do I export my data?"], is_query=True)
    except EmbeddingUnavailableError as exc:
        return exc.message
    note_query_success(profile_id)
    return ""


def is_resting(profile_id: int) -> bool:
    """Tell whether a profile's endpoint failed a moment ago, so that questions go without it for now."""
    since = clock.now() - ENDPOINT_RESTS
    return RetrievalProfile.objects.filter(pk=profile_id, query_failed_at__gt=since).exists()


def note_query_failure(profile_id: int, reason: str) -> None:
    """Write down that a search had to do without the endpoint; the admin and the doctor show it."""
    RetrievalProfile.objects.filter(pk=profile_id).update(query_failure=reason[:500], query_failed_at=clock.now())


def note_query_success(profile_id: int) -> None:
    """Forget the last failure."""
    RetrievalProfile.objects.filter(pk=profile_id, query_failed_at__isnull=False).update(
        query_failure="", query_failed_at=None
    )


def _building(profile_id: int) -> QuerySet[RetrievalProfile]:
    return RetrievalProfile.objects.filter(pk=profile_id, state=State.BUILDING)


def _claim(profile_id: int) -> bool:
    """Take a build for this worker."""
    now = clock.now()
    free = _building(profile_id).filter(Q(building_until__isnull=True) | Q(building_until__lt=now))
    return bool(
        free.update(
            building_until=now + LEASE, build_attempts=F("build_attempts") + 1, done=0,
            total=rebuilding.published_articles().count(), updated_at=now,
        )
    )  # fmt: skip


def _build(profile: RetrievalProfile) -> None:
    target = target_of(profile.settings.store_name)
    seen = rebuilding.versions()
    rebuilding.refill(target, seen, _reporter(profile.pk, profile.build_attempts))
    rebuilding.catch_up(target, seen)
    _switch(profile.pk, profile.build_attempts)
    rebuilding.catch_up(target, seen)


def _reporter(profile_id: int, attempt: int) -> Callable[[int], None]:
    """Give what notes progress and keeps the claim; it raises when another worker has it."""

    def report(count: int) -> None:
        mine = _building(profile_id).filter(build_attempts=attempt)
        if not mine.update(done=F("done") + count, building_until=clock.now() + LEASE):
            raise BuildLostError("Another worker builds this profile.")

    return report


@transaction.atomic
def _switch(profile_id: int, attempt: int) -> None:
    """Let searches use the profile from now on."""
    now = clock.now()
    profiles = {row.pk: row for row in RetrievalProfile.objects.select_for_update(no_key=True).order_by("pk")}
    chosen = profiles.get(profile_id)
    if chosen is None or chosen.state != State.BUILDING or chosen.build_attempts != attempt:
        raise BuildLostError("Another worker builds this profile.")
    for row in profiles.values():
        if row.is_active:
            row.is_active, row.retired_at = False, now
            row.save()
    chosen.is_active, chosen.state, chosen.failure, chosen.building_until = True, State.READY, "", None
    chosen.query_failure, chosen.query_failed_at = "", None
    chosen.save()
    log.info("profile.switched", profile=profile_id)
