"""Hygiene: look through all articles for duplicates, contradictions and what is out of date; keep what was found."""

import hashlib
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Count, F, Max, Q

from knowledge.errors import CheckRunningError, FindingDecidedError
from knowledge.events import CheckWanted
from knowledge.models import AnswerUse, Article, Finding, HygieneCheck, Passage, SourceDocument
from knowledge.services import comparing
from supportai.core import clock
from supportai.core.actors import Actor
from supportai.core.events import publish

log = structlog.get_logger(__name__)

# Every night after this hour (UTC) all articles are looked through.
NIGHT_HOUR = 3
# A check writes down how far it is more often than this; one that does not has lost its worker.
LEASE = timedelta(minutes=3)
# A fresh installation has better things to do in its first minutes.
SETTLED = timedelta(minutes=10)
MAX_ATTEMPTS = 3
KEPT_CHECKS = 30
OLD = timedelta(days=180)
LATELY = timedelta(days=90)
# Answers from an old article go badly when at least this share does, beyond doubt (lower bound of 95 %, Wilson 1927).
BAD_SHARE = 0.25
LEAST_BAD = 3
# Readers find a text bad when at least this share says so, beyond doubt: 5 of 5, 8 of 9, 11 of 14.
BAD_VOTES_SHARE = 0.5
LEAST_BAD_VOTES = 5
Z = 1.959963984540054
QUOTE = 1200
# What readers should believe when two disagree, lowest first.
ORIGINS = (Article.Origin.LEARNED, Article.Origin.CRAWL, Article.Origin.ARTICLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Something that a check found; `mark` tells one finding of the same articles from another."""

    kind: Finding.Kind
    why: str
    article_id: int
    score: float
    mark: str
    quote: str = ""
    heading: str = ""
    other_id: int | None = None
    other_quote: str = ""
    other_heading: str = ""

    @property
    def fingerprint(self) -> str:
        """Identify it as long as the texts stay as they are."""
        ids = sorted(str(key) for key in (self.article_id, self.other_id) if key is not None)
        return hashlib.sha256("\0".join([self.kind, *ids, self.mark]).encode()).hexdigest()


# --- Checks -----------------------------------------------------------------------------------------
@transaction.atomic
def start_check(*, actor: Actor | None = None) -> HygieneCheck:
    """Ask for a look through all articles; a worker does it.

    Raises:
        CheckRunningError: one is on its way.
    """
    try:
        with transaction.atomic():
            check = HygieneCheck.objects.create(started_by_id=actor.id if actor and actor.kind == "staff" else None)
    except IntegrityError as exc:
        raise CheckRunningError("Articles are being checked already. The list follows when it is done.") from exc
    old = HygieneCheck.objects.order_by("-created_at").values_list("pk", flat=True)[KEPT_CHECKS:]
    HygieneCheck.objects.filter(pk__in=list(old)).delete()
    publish(CheckWanted(check_id=check.pk))
    return check


def start_nightly() -> bool:
    """Start the night's check once; the very first one follows the first articles when they have settled."""
    now = clock.now()
    night = now.replace(hour=NIGHT_HOUR, minute=0, second=0, microsecond=0)
    night -= timedelta(days=1) if night > now else timedelta()
    last = HygieneCheck.objects.order_by("-created_at").values_list("created_at", flat=True).first()
    if last is not None and last >= night:
        return False
    if Article.objects.filter(indexed_version__lt=F("index_version"), index_failure="").exists():
        return False
    published = Article.objects.filter(state=Article.State.PUBLISHED).aggregate(last=Max("published_at"))["last"]
    if published is None or (last is None and published > now - SETTLED):
        return False
    try:
        start_check()
    except CheckRunningError:
        return False
    return True


def due_checks() -> list[int]:
    """Give checks that nobody works on, and end one that was tried too often."""
    quiet = HygieneCheck.objects.filter(
        Q(state=HygieneCheck.State.WAITING, updated_at__lt=clock.now() - timedelta(seconds=10))
        | Q(state=HygieneCheck.State.RUNNING, updated_at__lt=clock.now() - LEASE)
    )
    quiet.filter(attempts__gte=MAX_ATTEMPTS).update(
        state=HygieneCheck.State.FAILED, failure="It ended its worker again and again.", finished_at=clock.now()
    )
    return list(quiet.values_list("pk", flat=True))


def run_check(check_id: int) -> bool:
    """Look through all published articles and keep what was found; False when there was nothing to do.

    What is found no more is done; what somebody dismissed stays so until its text changes.
    """
    if not _claim(check_id):
        return False
    try:
        found = list(_look(check_id))
        new = _keep(found)
    except Exception as exc:  # whatever fails stands at the check, where the admin shows it
        log.exception("hygiene.check_failed", check=check_id)
        _finish(check_id, HygieneCheck.State.FAILED, failure=f"{type(exc).__name__}: {exc}"[:500])
        return False
    _finish(check_id, HygieneCheck.State.DONE, found=new)
    return True


def _claim(check_id: int) -> bool:
    now = clock.now()
    free = Q(state=HygieneCheck.State.WAITING) | Q(state=HygieneCheck.State.RUNNING, updated_at__lt=now - LEASE)
    taken = HygieneCheck.objects.filter(free, pk=check_id)
    return bool(
        taken.update(state=HygieneCheck.State.RUNNING, attempts=F("attempts") + 1, done=0, total=0, updated_at=now)
    )


def _finish(check_id: int, state: HygieneCheck.State, **fields: object) -> None:
    now = clock.now()
    HygieneCheck.objects.filter(pk=check_id).update(state=state, finished_at=now, updated_at=now, **fields)


def _look(check_id: int) -> Iterator[Found]:
    texts = published_texts()
    HygieneCheck.objects.filter(pk=check_id).update(total=len(texts), updated_at=clock.now())

    def went_on(count: int) -> None:
        HygieneCheck.objects.filter(pk=check_id).update(done=F("done") + count, updated_at=clock.now())

    alike, conflicts = comparing.compare(texts, went_on)
    yield from _duplicates(alike)
    yield from _contradictions(conflicts)
    yield from _ended()
    yield from _without_source()
    yield from _answering_badly()
    yield from _voted_down()


# --- What is looked for -----------------------------------------------------------------------------
def published_texts() -> list[comparing.Text]:
    """Give the passages that readers see."""
    shown = Passage.objects.filter(
        Article.still_valid("revision__article__"),
        revision__article__state=Article.State.PUBLISHED,
        revision__article__current_revision=F("revision"),
    ).select_related("revision__article")
    return [_text_of(passage, passage.revision.article) for passage in shown.order_by("pk")]


def _text_of(passage: Passage, article: Article) -> comparing.Text:
    rank = (ORIGINS.index(Article.Origin(article.origin)), article.published_at, article.pk)
    return comparing.Text(
        article.pk, article.title, passage.heading, passage.body, article.language, article.audience, rank
    )


def _duplicates(alike: Iterable[comparing.Likeness]) -> Iterator[Found]:
    for pair, count in comparing.by_articles(list(alike)):
        what = "The same words stand in both" if pair.score > 0.95 else "Nearly the same words stand in both"  # noqa: PLR2004
        more = f", in {count} places" if count > 1 else ""
        yield _pair(Finding.Kind.DUPLICATE, pair.left, pair.right, why=f"{what}{more}.", score=pair.score)


def _contradictions(conflicts: Iterable[comparing.Conflict]) -> Iterator[Found]:
    seen: set[tuple[str, str]] = set()
    for conflict in sorted(conflicts, key=lambda c: -c.score):
        about = conflict.about
        if (about.left, about.right) in seen:
            continue
        seen.add((about.left, about.right))
        why = f"{about.why} “{_short(about.left)}” against “{_short(about.right)}”"
        mark = f"{about.left}\0{about.right}"
        yield _pair(Finding.Kind.CONTRADICTION, conflict.left, conflict.right, why=why, score=conflict.score, mark=mark)


def _pair(
    kind: Finding.Kind, left: comparing.Text, right: comparing.Text, *, why: str, score: float, mark: str = ""
) -> Found:
    return Found(
        kind=kind,
        why=why[:300],
        article_id=left.article_id,
        other_id=right.article_id,
        heading=left.heading,
        other_heading=right.heading,
        quote=left.body,
        other_quote=right.body,
        score=min(max(score, 0.0), 1.0),
        mark=mark or "\0".join(sorted((left.body, right.body))),
    )


def _short(text: str) -> str:
    return text if len(text) <= 110 else text[:108].rsplit(" ", 1)[0] + " …"  # noqa: PLR2004 - two of them fit `why`


def _ended() -> Iterator[Found]:
    shown = (Article.State.PUBLISHED, Article.State.STALE)
    for article in Article.objects.filter(state__in=shown, valid_until__lt=clock.today()).select_related(
        "current_revision"
    ):
        why = f"Its last day was {article.valid_until:%-d %B %Y}: nobody reads it any more. Renew it or archive it."
        yield _about(article, why, score=1.0, mark=f"ended:{article.valid_until}")


def _without_source() -> Iterator[Found]:
    lost = SourceDocument.objects.filter(
        state__in=(SourceDocument.State.MISSING, SourceDocument.State.GONE), article__state=Article.State.PUBLISHED
    ).select_related("article__current_revision", "source")
    for document in lost:
        if document.article is None:
            continue
        why = f"{document.external_id} is no longer in {document.source.name}, and the article is still published."
        yield _about(document.article, why, score=0.9, mark=f"gone:{document.pk}")


def _answering_badly() -> Iterator[Found]:
    since = clock.now() - LATELY
    lately = Q(uses__answered_at__gte=since)
    articles = (
        Article.objects.filter(state=Article.State.PUBLISHED, current_revision__created_at__lt=clock.now() - OLD)
        .annotate(
            bad=Count("uses", filter=lately & Q(uses__ending__in=AnswerUse.BAD), distinct=True),
            good=Count("uses", filter=lately & Q(uses__ending__in=AnswerUse.GOOD), distinct=True),
        )
        .filter(bad__gte=LEAST_BAD)
        .select_related("current_revision")
    )
    for article in articles:
        total = article.bad + article.good
        if lower_bound(article.bad, total) < BAD_SHARE:
            continue
        why = (
            f"Unchanged since {_day(article)}, and of {total} answers that quoted it in 90 days {article.bad} did not help:"
            " the customer came back or went to a person."
        )
        yield _about(article, why, score=article.bad / total, mark=f"answers:{article.current_revision_id}")


def _voted_down() -> Iterator[Found]:
    # Votes on an earlier text say nothing about this one.
    now = Q(feedback__revision=F("current_revision"))
    articles = (
        Article.objects.filter(state=Article.State.PUBLISHED)
        .annotate(
            bad=Count("feedback", filter=now & Q(feedback__is_helpful=False)),
            votes=Count("feedback", filter=now),
            words=Count("feedback", filter=now & Q(feedback__is_helpful=False) & ~Q(feedback__words="")),
        )
        .filter(bad__gte=LEAST_BAD_VOTES)
        .select_related("current_revision")
    )
    for article in articles:
        if lower_bound(article.bad, article.votes) < BAD_VOTES_SHARE:
            continue
        why = f"Of {article.votes} readers who voted on its text of {_day(article)}, {article.bad} say that it did not help."
        if article.words:
            why += f" {article.words} of them wrote why; the article's page shows it."
        yield _about(article, why, score=article.bad / article.votes, mark=f"votes:{article.current_revision_id}")


def _day(article: Article) -> str:
    written: datetime | None = article.current_revision.created_at if article.current_revision else None
    return f"{written:%-d %B %Y}" if written else "long ago"


def lower_bound(count: int, total: int) -> float:
    """Give the lower end of the 95 % interval of a share (Wilson 1927); 0 of nothing."""
    if not total:
        return 0.0
    share = count / total
    spread = Z * math.sqrt(share * (1 - share) / total + Z**2 / (4 * total**2))
    return max(0.0, (share + Z**2 / (2 * total) - spread) / (1 + Z**2 / total))


def _about(article: Article, why: str, *, score: float, mark: str) -> Found:
    body = article.current_revision.body if article.current_revision else ""
    return Found(
        kind=Finding.Kind.STALE, why=why[:300], article_id=article.pk, score=score, mark=mark, quote=body[:QUOTE]
    )


# --- What is kept -----------------------------------------------------------------------------------
@transaction.atomic
def _keep(found: Iterable[Found]) -> int:
    """Store findings, close those that are gone; returns how many were not known."""
    wanted = {each.fingerprint: each for each in found}
    known = Finding.objects.select_for_update().in_bulk(list(wanted), field_name="fingerprint")
    now = clock.now()
    for fingerprint, each in wanted.items():
        before = known.get(fingerprint)
        if before is None:
            Finding.objects.create(fingerprint=fingerprint, **_columns(each))
        elif before.state != Finding.State.DISMISSED:
            # Found again with the same words: whoever called it done has not changed them.
            before.state, before.decided_at, before.decided_by = Finding.State.OPEN, None, None
            before.why, before.score = each.why, each.score
            before.save(update_fields=["state", "decided_at", "decided_by", "why", "score"])
    gone = Finding.objects.filter(state=Finding.State.OPEN).exclude(fingerprint__in=list(wanted))
    gone.update(state=Finding.State.DONE, decided_at=now, updated_at=now)
    return len(wanted) - len(known)


def _columns(found: Found) -> dict[str, object]:
    return {
        "kind": found.kind, "why": found.why, "article_id": found.article_id, "other_id": found.other_id,
        "heading": found.heading, "other_heading": found.other_heading, "quote": found.quote,
        "other_quote": found.other_quote, "score": found.score,
    }  # fmt: skip


@transaction.atomic
def decide(*, finding_id: int, state: Finding.State, actor: Actor) -> Finding:
    """Dismiss a finding, or note that it was seen to.

    Raises:
        FindingDecidedError: it is not open any more; nothing was changed.
    """
    finding = Finding.objects.select_for_update(of=("self",), no_key=True).get(pk=finding_id)
    if finding.state != Finding.State.OPEN:
        raise FindingDecidedError(f"This finding is {finding.get_state_display().lower()} already.")
    finding.state, finding.decided_at = state, clock.now()
    finding.decided_by_id = actor.id if actor.kind == "staff" else None
    finding.save(update_fields=["state", "decided_at", "decided_by"])
    return finding


@transaction.atomic
def reopen(*, finding_id: int) -> Finding:
    """Put a finding back on the list; an open one stays as it is."""
    finding = Finding.objects.select_for_update(of=("self",), no_key=True).get(pk=finding_id)
    finding.state, finding.decided_at, finding.decided_by = Finding.State.OPEN, None, None
    finding.save(update_fields=["state", "decided_at", "decided_by"])
    return finding
