"""The doctor says in words what is wrong and what to do, and leaves with a status that scripts can use."""

import io
from datetime import timedelta
from unittest import mock

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import DatabaseError

from accounts.tests.factories import BrandFactory, ContactFactory
from integrations.models import ActionExecution, Binding
from integrations.services.sandbox import ensure_sandbox
from knowledge.models import Article, ImportRun
from knowledge.services import sources
from knowledge.stores import document_store
from knowledge.tests.factories import SourceFactory
from supportai import checkup
from supportai.core import clock
from supportai.core.models import OutboxEvent
from supportai.demo.configuration import load_configuration
from supportai.settings.env import DEMO_SECRET_KEY
from supportai.worker import SEEN_KEY, note_alive
from tickets.models import AgentRun, Ticket

pytestmark = pytest.mark.django_db
LONG_AGO = timedelta(minutes=10)


@pytest.fixture
def healthy(store):
    """Give a small deployment in which all is well, with a document store of its own."""
    load_configuration()
    ensure_sandbox()
    BrandFactory()
    note_alive()


def wrong(subject):
    return [finding.text for finding in checkup.examine() if finding.is_wrong and finding.subject == subject]


def doctor():
    out = io.StringIO()
    status = 0
    try:
        call_command("doctor", stdout=out)
    except SystemExit as exc:
        status = exc.code
    return status, out.getvalue()


def test_a_healthy_deployment_gets_status_0(healthy):
    status, text = doctor()
    assert status == 0
    assert "All is well." in text
    assert "WRONG" not in text


def test_one_wrong_thing_gives_status_1_and_says_what_to_do(healthy):
    Binding.objects.filter(capability="billing.refund_charge").delete()
    status, text = doctor()
    assert status == 1
    assert "billing.refund_charge" in text
    assert "make a binding" in text


def test_the_key_of_the_source_code_is_for_a_demo_only(healthy, settings):
    settings.SECRET_KEY = DEMO_SECRET_KEY
    settings.DEMO = False
    assert "set your own" in wrong("secret key")[0]
    settings.DEMO = True
    assert wrong("secret key") == []
    assert any(finding.subject == "demo" for finding in checkup.examine())


def test_debug_is_wrong_outside_a_demo(healthy, settings):
    settings.DEBUG, settings.DEMO = True, False
    assert wrong("debug")


def test_a_database_that_does_not_answer_ends_the_examination(healthy):
    with mock.patch.object(checkup, "MigrationExecutor", side_effect=DatabaseError("gone")):
        findings = list(checkup.examine())
    assert findings[-1].text == "The sqlite database does not answer: gone" or "gone" in findings[-1].text
    assert findings[-1].is_wrong


def test_missing_migrations_are_named(healthy):
    plan = [(mock.Mock(app_label="tickets"), False)]
    plan[0][0].name = "0007_later"
    with mock.patch.object(checkup.MigrationExecutor, "migration_plan", return_value=plan):
        assert "tickets.0007_later" in wrong("migrations")[0]


def test_a_queue_that_does_not_answer_is_wrong(healthy, settings):
    with mock.patch.object(settings.HUEY, "pending_count", side_effect=OSError("no redis")):
        assert "no redis" in wrong("queue")[0]


def test_events_that_wait_too_long_are_wrong(healthy):
    early = clock.now() - LONG_AGO
    OutboxEvent.objects.create(name="tickets.events.RunQueued", created_at=early, next_attempt_at=early)
    assert "does the server or a worker run" in wrong("outbox")[0]


def test_events_that_were_given_up_show_their_error(healthy):
    early = clock.now() - LONG_AGO
    OutboxEvent.objects.create(
        name="tickets.events.RunQueued", created_at=early, attempts=OutboxEvent.MAX_ATTEMPTS, last_error="KeyError: x"
    )
    assert "KeyError: x" in wrong("outbox")[0]


@pytest.mark.parametrize("state", [AgentRun.State.QUEUED, AgentRun.State.RUNNING])
def test_runs_that_wait_too_long_are_wrong(healthy, state):
    run = a_run(state=state, lease_until=clock.now() - LONG_AGO)
    AgentRun.objects.filter(pk=run.pk).update(updated_at=clock.now() - LONG_AGO)
    assert "1 runs" in wrong("runs")[0]


def test_failed_runs_are_wrong_and_fresh_ones_are_not(healthy):
    a_run(state=AgentRun.State.QUEUED)
    assert wrong("runs") == []
    AgentRun.objects.update(state=AgentRun.State.FAILED)
    assert "failed" in wrong("runs")[0]


def test_calls_of_which_nobody_knows_the_outcome_are_wrong(healthy):
    binding = Binding.objects.get(capability="billing.refund_charge")
    execution = ActionExecution.objects.create(
        idempotency_key="6f0f8a0e-3f5c-4f7e-9a53-6c9f0b7f3a11",
        capability=binding.capability,
        action=binding.action,
        risk="critical",
        installation=binding.installation,
        contact=ContactFactory(),
        identity_level="signed",
        caller="run:x:1",
        episode="ticket:x:1",
        actor_kind="ai_agent",
        state=ActionExecution.State.UNKNOWN,
    )
    assert wrong("actions") == []
    ActionExecution.objects.filter(pk=execution.pk).update(updated_at=clock.now() - LONG_AGO)
    assert "nobody knows" in wrong("actions")[0]


def test_passages_that_the_document_store_lacks_are_counted(healthy):
    from knowledge.services.articles import create_article
    from knowledge.services.ingestion import index_waiting
    from supportai.core.actors import SYSTEM

    create_article(title="Pair a clock", body="Hold the star key for five seconds.", actor=SYSTEM, is_published=True)
    index_waiting()
    assert wrong("search") == []
    store = document_store()
    store.delete_documents(store.document_ids())
    assert "lacks 1 passages" in wrong("search")[0]


def test_articles_that_could_not_be_indexed_are_wrong(healthy):
    Article.objects.create(slug="a", title="A", index_version=2, indexed_version=1, index_failure="disk full")
    article = Article.objects.create(slug="b", title="B", index_version=2, indexed_version=1)
    Article.objects.filter(pk=article.pk).update(updated_at=clock.now() - LONG_AGO)
    texts = wrong("articles")
    assert any("could not be indexed" in text for text in texts)
    assert any("wait for indexing" in text for text in texts)


def ended(source, failure="", days=0, state=None):
    """Store an import that ended some days ago."""
    return ImportRun.objects.create(
        source=source,
        state=state or ("failed" if failure else "done"),
        failure=failure,
        finished_at=None if state else clock.now() - timedelta(days=days),
    )


def test_a_source_whose_last_import_failed_is_named_with_reason_time_and_what_to_do(healthy, settings):
    settings.PUBLIC_URL = "https://support.example"
    docs, fine = SourceFactory(name="Docs"), SourceFactory(name="Fine")
    ended(docs, "The key is wrong.", days=9)
    ended(docs, days=5)
    ended(docs, "The site asks for a login.", days=3)
    ended(docs, "The site does not answer.", days=1)
    ended(fine, "Away.", days=2)
    ended(fine, days=1)
    [text] = wrong("sources")
    since = clock.now() - timedelta(days=3)
    assert text == (
        f"“Docs” has not been imported since {since:%Y-%m-%d %H:%M} UTC: The site does not answer. Mend that and press "
        f"Run again: https://support.example/admin/knowledge/source/{docs.pk}/change/"
    )
    assert doctor()[0] == 1


def test_an_import_that_is_tried_again_or_was_stopped_by_a_person_is_not_wrong(healthy):
    busy, stopped = SourceFactory(name="Busy"), SourceFactory(name="Stopped")
    ended(busy, "Away.", days=1)
    ended(busy, state="running")
    ended(stopped, state="running")
    sources.stop_import(source_id=stopped.pk, name="Ann")
    assert wrong("sources") == []
    told = [finding.text for finding in checkup.examine() if finding.subject == "sources"]
    assert len(told) == 1
    assert "“Busy”" in told[0]
    assert "being imported again" in told[0]


def test_without_failed_imports_sources_are_well(healthy):
    SourceFactory()
    told = [finding.text for finding in checkup.examine() if finding.subject == "sources"]
    assert told == ["No source's last import failed."]


def test_a_deployment_without_brand_and_teams_is_told_to_make_them(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    assert wrong("brand")
    assert wrong("teams")


def a_run(**fields):
    contact = ContactFactory()
    ticket = Ticket.objects.create(contact=contact, brand=BrandFactory(), subject="x")
    return AgentRun.objects.create(ticket=ticket, episode=1, input_sequence=1, **fields)


def test_workers_of_their_own_must_give_signs_of_life(healthy, settings):
    settings.WORKER_IN_SERVER = False
    assert wrong("worker") == []
    with clock.moved(LONG_AGO):
        assert "manage.py worker" in wrong("worker")[0]
    cache.delete(SEEN_KEY)
    assert "none was seen" in wrong("worker")[0]


def test_the_worker_inside_the_server_is_not_asked_for_signs(healthy, settings):
    settings.WORKER_IN_SERVER = True
    cache.delete(SEEN_KEY)
    assert wrong("worker") == []
