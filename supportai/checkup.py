"""What `manage.py doctor` looks at: each check gives findings in words that say what to do."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Q
from django.urls import reverse

from accounts.models import Brand, Team
from integrations.models import ActionExecution, Binding
from knowledge.models import Article
from knowledge.selectors import failing_sources
from knowledge.services.ingestion import waiting_articles
from supportai.core import clock
from supportai.core.models import OutboxEvent
from supportai.settings.env import DEMO_SECRET_KEY
from supportai.worker import SEEN_KEY
from tickets.models import AgentRun, Intent, ProcedureStep

# What waits longer than this is stuck: the sweep comes every few seconds.
PATIENCE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `is_wrong` makes the doctor end with status 1."""

    subject: str
    text: str
    is_wrong: bool = False


Check = Callable[[], Iterator[Finding]]


def examine() -> Iterator[Finding]:
    """Run all checks; without a database with its tables only those that need none."""
    yield from _settings()
    database = list(_database())
    yield from database
    if any(finding.is_wrong for finding in database):
        return
    for check in (_queue, _outbox, _runs, _executions, _configuration, _knowledge):
        yield from check()


def _settings() -> Iterator[Finding]:
    if settings.SECRET_KEY == DEMO_SECRET_KEY:
        text = "SECRET_KEY is the one that stands in the source code"
        yield Finding(
            "secret key",
            f"{text}; set your own." if not settings.DEMO else f"{text}: fine for a demo only.",
            not settings.DEMO,
        )
    else:
        yield Finding("secret key", "SECRET_KEY is set.")
    if settings.DEMO:
        yield Finding("demo", "Demo mode is on: there are logins whose password everybody knows.")
    if settings.DEBUG:
        yield Finding("debug", "DEBUG is on; switch it off where strangers can reach the server.", not settings.DEMO)


def _database() -> Iterator[Finding]:
    kind = connection.vendor
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as exc:
        yield Finding("database", f"The {kind} database does not answer: {exc}", is_wrong=True)
        return
    yield Finding("database", f"The {kind} database answers.")
    if waiting:
        names = ", ".join(f"{migration.app_label}.{migration.name}" for migration, _ in waiting[:3])
        text = f"{len(waiting)} migrations are not applied ({names} …); run manage.py migrate."
        yield Finding("migrations", text, is_wrong=True)
    else:
        yield Finding("migrations", "All migrations are applied.")


def _queue() -> Iterator[Finding]:
    try:
        count = settings.HUEY.pending_count()
    except Exception as exc:  # noqa: BLE001 - each queue backend raises errors of its own
        yield Finding("queue", f"The queue does not answer: {exc}", is_wrong=True)
        return
    where = "the server process" if settings.WORKER_IN_SERVER else "manage.py worker"
    yield Finding("queue", f"The queue answers; {count} tasks wait for {where}.")
    if not settings.WORKER_IN_SERVER:
        yield _workers()


def _workers() -> Finding:
    seen = cache.get(SEEN_KEY)
    if seen is None or clock.now() - seen > PATIENCE:
        when = f"the last one was seen at {seen:%H:%M:%S} UTC" if seen else "none was seen in the last hour"
        return Finding("worker", f"No worker runs ({when}); start one: manage.py worker.", is_wrong=True)
    return Finding("worker", f"A worker was seen {round((clock.now() - seen).total_seconds())} s ago.")


def _outbox() -> Iterator[Finding]:
    late = OutboxEvent.objects.filter(dispatched_at__isnull=True, created_at__lt=clock.now() - PATIENCE)
    given_up = late.filter(attempts__gte=OutboxEvent.MAX_ATTEMPTS)
    if given_up.exists():
        first = given_up.order_by("pk").first()
        assert first is not None
        text = f"{given_up.count()} events were given up, the first {first.name}: {first.last_error}"
        yield Finding("outbox", text, is_wrong=True)
    waiting = late.filter(attempts__lt=OutboxEvent.MAX_ATTEMPTS, next_attempt_at__lt=clock.now() - PATIENCE).count()
    if waiting:
        text = f"{waiting} events were not dispatched for over a minute; does the server or a worker run?"
        yield Finding("outbox", text, is_wrong=True)
    elif not given_up.exists():
        yield Finding("outbox", "No event is stuck.")


def _runs() -> Iterator[Finding]:
    before = clock.now() - PATIENCE
    stuck = AgentRun.objects.filter(
        Q(state=AgentRun.State.QUEUED, updated_at__lt=before) | Q(state=AgentRun.State.RUNNING, lease_until__lt=before)
    ).count()
    failed = AgentRun.objects.filter(state=AgentRun.State.FAILED).count()
    if stuck:
        text = f"{stuck} runs of the AI agent wait for over a minute; does the server or a worker run?"
        yield Finding("runs", text, is_wrong=True)
    else:
        yield Finding("runs", "No run of the AI agent is stuck.")
    if failed:
        yield Finding("runs", f"{failed} runs failed; the admin lists them with their errors.", is_wrong=True)


def _executions() -> Iterator[Finding]:
    unknown = ActionExecution.objects.filter(
        state__in=(ActionExecution.State.UNKNOWN, ActionExecution.State.SENT), updated_at__lt=clock.now() - PATIENCE
    ).count()
    if unknown:
        text = f"Of {unknown} calls to other systems nobody knows what they did; look at them in the admin."
        yield Finding("actions", text, is_wrong=True)
    bound = set(Binding.objects.values_list("capability", flat=True))
    used = ProcedureStep.objects.filter(procedure__is_enabled=True).exclude(capability="")
    missing = sorted(set(used.values_list("capability", flat=True)) - bound)
    if missing:
        text = f"Procedures call {', '.join(missing)}, which is bound to no action; make a binding in the admin."
        yield Finding("actions", text, is_wrong=True)
    elif not unknown:
        yield Finding("actions", f"{len(bound)} capabilities are bound, and no call is open.")


def _configuration() -> Iterator[Finding]:
    if not Brand.objects.exists():
        yield Finding("brand", "There is no brand, so no widget works; make one in the admin.", is_wrong=True)
    if not Team.objects.filter(is_default=True).exists():
        text = "No team takes what no other team takes; mark one as the default in the admin."
        yield Finding("teams", text, is_wrong=True)
    intents = Intent.objects.count()
    if not intents:
        yield Finding("intents", "There are no intents, so the AI agent only answers from articles.")
    else:
        yield Finding("intents", f"{intents} intents are configured.")


def _knowledge() -> Iterator[Finding]:
    published = Article.objects.filter(state=Article.State.PUBLISHED)
    yield Finding("articles", f"{published.count()} articles are published.")
    failed = waiting_articles().exclude(index_failure="").count()
    waiting = waiting_articles().filter(index_failure="", updated_at__lt=clock.now() - PATIENCE).count()
    if failed:
        text = f"{failed} articles could not be indexed; the admin says why. Then run manage.py reindex."
        yield Finding("articles", text, is_wrong=True)
    if waiting:
        text = f"{waiting} articles wait for indexing for over a minute; does the server or a worker run?"
        yield Finding("articles", text, is_wrong=True)
    yield from _sources()
    # Imported only here: the store pulls in Haystack.
    from knowledge.services.search_health import examine_search

    yield from (Finding("search", text, is_wrong) for text, is_wrong in examine_search())


def _sources() -> Iterator[Finding]:
    failing = failing_sources()
    for each in failing:
        page = settings.PUBLIC_URL + reverse("admin:knowledge_source_change", args=[each.source.pk])
        todo = "It is being imported again just now." if each.is_busy else f"Mend that and press Run again: {page}"
        text = f"“{each.source.name}” has not been imported since {each.since:%Y-%m-%d %H:%M} UTC: {each.reason.rstrip('.')}. {todo}"
        yield Finding("sources", text, is_wrong=not each.is_busy)
    if not failing:
        yield Finding("sources", "No source's last import failed.")
