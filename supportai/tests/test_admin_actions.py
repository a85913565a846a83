"""Every button of the admin that changes something asks first, and takes a confirmed POST of somebody who may."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape

from accounts.tests.factories import ApiTokenFactory, BrandFactory, UserFactory
from integrations.models import ActionExecution
from integrations.tests.factories import (
    ActionExecutionFactory,
    ApprovalFactory,
    InstallationFactory,
    ModelProviderFactory,
    SandboxSubscriptionFactory,
)
from knowledge.models import AnswerCalibration, Finding, Gap, GapQuestion, ImportRun, SourceDocument
from knowledge.services import articles, gaps, learning
from knowledge.tests.factories import (
    ObservationFactory,
    RetrievalProfileFactory,
    SourceFactory,
    SuggestionFactory,
    publish_text,
)
from supportai.core import clock, events
from supportai.core.actors import SYSTEM
from supportai.core.models import OutboxEvent
from supportai.tests.test_admin import factories

pytestmark = pytest.mark.django_db

YES = {"_form_submitted": "True"}
EVENT = "supportai.core.tests.events.SomethingHappened"
STANDARD = ("changelist", "add", "history", "delete", "change", "simple_history")


# --- A row for each button --------------------------------------------------------------------------
def article() -> Model:
    return publish_text("How to <b>export</b>", "Open Reports.")


def draft() -> Model:
    return articles.create_article(title="How to <b>export</b>", body="Open Reports.", actor=SYSTEM, is_published=False)


def archived() -> Model:
    return articles.archive_article(article_id=publish_text("How to <b>export</b>", "Open Reports.").pk)


def gap() -> Gap:
    return gaps.note(
        question="Is there a <b>dark</b> mode?",
        origin="ticket:a:1",
        kind=GapQuestion.Kind.HANDED_OFF,
        asked_at=clock.now(),
    )


def planned() -> Gap:
    return gaps.plan(gap_id=gap().pk, actor=SYSTEM)


def finding(state: str = "open") -> Finding:
    decided_at = None if state == "open" else clock.now()
    about = publish_text("Refunds <b>", "It takes five days.")
    return Finding.objects.create(
        kind="stale", fingerprint="f", why="Old.", article=about, score=0.9, state=state, decided_at=decided_at
    )


def approved() -> Model:
    suggestion = ObservationFactory().suggestion
    learning.approve(suggestion_id=suggestion.pk, actor=SYSTEM)
    return suggestion


def calibration() -> Model:
    return AnswerCalibration.objects.create(
        state="active", slope=0.8, intercept=0, outcomes=90, right=63, held_back=30, error_before=0.6, error_after=0.5
    )


def site() -> Model:
    return SourceFactory(name="Docs <b>", kind="site", start_url="https://help.example.com/")


def importing() -> Model:
    return ImportRun.objects.create(source=site(), state="running").source


def with_missing() -> Model:
    document = SourceDocument(source=site(), external_id="a", article=publish_text("A", "x"), state="missing")
    document.save()
    return document.source


def reversible() -> ActionExecution:
    subscription = SandboxSubscriptionFactory(plan="free")
    changed = {"subscription_id": subscription.pk, "plan": "free"}
    return ActionExecutionFactory(
        action="sandbox.change_plan", capability="billing.change_plan", risk="write", amount_cents=None,
        arguments=changed, result=changed | {"old_plan": "pro"},
    )  # fmt: skip


def stuck() -> OutboxEvent:
    return OutboxEvent.objects.create(name=EVENT, payload={"number": 1}, attempts=12, last_error="away")


BUTTONS: dict[str, Callable[[], Any]] = {
    "accounts_apitoken_rotate": ApiTokenFactory,
    "accounts_brand_drop_old_key": lambda: BrandFactory(previous_signing_key="old"),
    "accounts_brand_new_key": BrandFactory,
    "integrations_actionexecution_undo": reversible,
    "integrations_approval_approve": ApprovalFactory,
    "integrations_approval_deny": ApprovalFactory,
    "integrations_installation_check_connection": InstallationFactory,
    "integrations_modelprovider_try_connection": ModelProviderFactory,
    "knowledge_answercalibration_roll_back": calibration,
    "knowledge_article_archive": article,
    "knowledge_article_make_draft": article,
    "knowledge_article_mark_stale": article,
    "knowledge_article_publish": draft,
    "knowledge_article_restore": archived,
    "knowledge_article_send_to_review": article,
    "knowledge_finding_check_now": lambda: None,
    "knowledge_finding_dismiss": finding,
    "knowledge_finding_reopen": lambda: finding("dismissed"),
    "knowledge_finding_seen_to": finding,
    "knowledge_gap_dismiss": gap,
    "knowledge_gap_plan": gap,
    "knowledge_gap_reopen": planned,
    "knowledge_gap_write": gap,
    "knowledge_retrievalprofile_check_endpoint": RetrievalProfileFactory,
    "knowledge_retrievalprofile_use": RetrievalProfileFactory,
    "knowledge_source_archive_missing": with_missing,
    "knowledge_source_run_again": site,
    "knowledge_source_stop": importing,
    "knowledge_suggestion_approve": lambda: ObservationFactory().suggestion,
    "knowledge_suggestion_reject": SuggestionFactory,
    "knowledge_suggestion_take_back": approved,
}
# Pages beside those of Django, with what stands in their addresses; none of them changes anything by GET.
PAGES: tuple[tuple[str, Callable[[], list[int]]], ...] = (
    ("auth_user_password_change", lambda: [UserFactory().pk]),
    ("knowledge_article_bring_back", lambda: [article().pk, 1]),
    ("knowledge_article_preview", list),
    ("knowledge_article_preview", lambda: [article().pk]),
    ("knowledge_article_preview_saved", lambda: [article().pk]),
    ("knowledge_article_revision", lambda: [article().pk, 1]),
    ("knowledge_source_progress", lambda: [importing().pk]),
)
BULK: dict[tuple[str, str], Callable[[], Any]] = {
    ("accounts_apitoken", "revoke"): lambda: ApiTokenFactory(name="Billing <b>"),
    ("supportai_outboxevent", "try_again"): stuck,
}


# --- Help -------------------------------------------------------------------------------------------
def names_of(page: admin.ModelAdmin) -> Iterator[str]:
    """Give the names of a page's addresses that Django does not bring along."""
    prefix = f"{page.opts.app_label}_{page.opts.model_name}"
    own = {f"{prefix}_{name}" for name in STANDARD}
    yield from (url.name for url in page.get_urls() if url.name and url.name not in own)


def everything() -> set[str]:
    return {name for page in admin.site._registry.values() for name in names_of(page)}


def address_of(name: str, row: Model | None) -> str:
    return reverse(f"admin:{name}", args=[row.pk] if row else [])


def writes(queries: CaptureQueriesContext) -> list[str]:
    """Give what was written; only the session may be, which holds messages."""
    found = (query["sql"] for query in queries.captured_queries)
    changes = (sql for sql in found if sql.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE", "REPLACE")))
    return [sql for sql in changes if "django_session" not in sql]


def signed_in(role: str = "admin", **options: bool) -> Client:
    client = Client(**options)
    client.force_login(UserFactory(role=role))
    return client


@pytest.fixture(autouse=True)
def a_handler(monkeypatch) -> None:
    monkeypatch.setitem(events._handlers, EVENT, [lambda event: None])


# --- All of them ------------------------------------------------------------------------------------
def test_every_button_and_page_of_the_admin_is_looked_at_here():
    """A new button fails here until it has a row above, so that it is walked over like all others."""
    assert everything() == set(BUTTONS) | {name for name, _make in PAGES}
    request = RequestFactory().get("/")
    request.user = UserFactory(role="admin")
    found = {
        (f"{page.opts.app_label}_{page.opts.model_name}", name)
        for page in admin.site._registry.values()
        for name in page.get_actions(request)
    }
    assert {entry for entry in found if entry[1] != "delete_selected"} == set(BULK)


@pytest.mark.parametrize("name", BUTTONS)
def test_opening_a_button_s_address_asks_and_changes_nothing(name):
    row, client = BUTTONS[name](), signed_in()
    address = address_of(name, row)
    for headers in ({}, {"HX-Request": "true"}):
        with CaptureQueriesContext(connection) as queries:
            asked = client.get(address, headers=headers)
            others = [client.head(address, headers=headers), client.put(address, YES, headers=headers)]
        assert {response.status_code for response in (asked, *others)} == {200}
        assert writes(queries) == []
        assert "csrfmiddlewaretoken" in asked.content.decode()


@pytest.mark.parametrize(("name", "make"), PAGES)
def test_opening_a_page_changes_nothing(name, make):
    args, client = make(), signed_in()
    with CaptureQueriesContext(connection) as queries:
        client.get(reverse(f"admin:{name}", args=args))
    assert writes(queries) == []


@pytest.mark.parametrize("name", BUTTONS)
def test_a_post_that_our_own_page_did_not_send_is_refused(name):
    row, client = BUTTONS[name](), signed_in(enforce_csrf_checks=True)
    with CaptureQueriesContext(connection) as queries:
        response = client.post(address_of(name, row), YES)
    assert response.status_code == 403
    assert writes(queries) == []


@pytest.mark.parametrize(("name", "make"), PAGES)
def test_a_page_takes_no_post_that_our_own_page_did_not_send(name, make):
    args, client = make(), signed_in(enforce_csrf_checks=True)
    with CaptureQueriesContext(connection) as queries:
        assert client.post(reverse(f"admin:{name}", args=args), YES).status_code == 403
    assert writes(queries) == []


@pytest.mark.parametrize("name", BUTTONS)
def test_who_may_not_is_neither_asked_nor_obeyed(name):
    row, client = BUTTONS[name](), signed_in("lead")
    client.get("/admin/").wsgi_request.user.groups.clear()
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address_of(name, row)).status_code == 403
        assert client.post(address_of(name, row), YES).status_code == 403
        assert client.post(address_of(name, row), YES, headers={"HX-Request": "true"}).status_code == 403
    assert writes(queries) == []


@pytest.mark.parametrize("name", BUTTONS)
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "dialog"])
def test_confirming_on_the_page_does_it_and_says_what_came_of_it(name, headers):
    row, client = BUTTONS[name](), signed_in(enforce_csrf_checks=True)
    asked = client.get(address_of(name, row), headers=headers)
    token = str(asked.context["csrf_token"])
    response = client.post(address_of(name, row), {**YES, "csrfmiddlewaretoken": token}, headers=headers)
    assert response.status_code == (200 if headers else 302)
    shown = client.get(response["HX-Redirect" if headers else "Location"])
    assert shown.status_code == 200
    assert list(shown.context["messages"]) or name == "knowledge_gap_write"


@pytest.mark.parametrize("name", BUTTONS)
def test_a_post_without_a_yes_asks_first(name):
    row, client = BUTTONS[name](), signed_in()
    with CaptureQueriesContext(connection) as queries:
        assert client.post(address_of(name, row)).status_code == 200
    assert writes(queries) == []


@pytest.mark.parametrize("name", sorted(set(BUTTONS) - {"knowledge_finding_check_now"}))
def test_a_button_of_a_row_that_is_not_there_is_not_found(name):
    client = signed_in()
    for key in ("0", "987654", "abc", "1/2"):
        assert client.post(reverse(f"admin:{name}", args=[key]), YES).status_code == 404


@pytest.mark.parametrize("factory", factories(), ids=lambda factory: factory._meta.model._meta.label)
def test_looking_at_a_row_changes_nothing(factory):
    row, client = factory(), signed_in()
    prefix = f"admin:{row._meta.app_label}_{row._meta.model_name}"
    with CaptureQueriesContext(connection) as queries:
        client.get(reverse(f"{prefix}_changelist"))
        for name in ("change", "delete", "history"):
            client.get(reverse(f"{prefix}_{name}", args=[row.pk]), {"_form_submitted": "True", "post": "yes"})
    assert writes(queries) == []


# --- The list's menu --------------------------------------------------------------------------------
@pytest.mark.parametrize(("prefix", "action"), BULK)
def test_the_list_s_menu_asks_too_and_goes_back_to_the_list_as_it_was(prefix, action):
    row, client = BULK[prefix, action](), signed_in()
    chosen = {"action": action, "_selected_action": [str(row.pk)]}
    address = reverse(f"admin:{prefix}_changelist") + "?q="
    with CaptureQueriesContext(connection) as queries:
        client.get(address, chosen)
        asked = client.post(address, chosen)
    assert (asked.status_code, writes(queries)) == (200, [])
    html = asked.content.decode()
    assert f'name="_selected_action" value="{row.pk}"' in html
    assert escape(str(row)) in html
    with CaptureQueriesContext(connection) as queries:
        done = client.post(address, {**chosen, **YES})
    assert writes(queries) != []
    assert done["Location"] == address


@pytest.mark.parametrize(("prefix", "action"), BULK)
def test_the_list_s_menu_is_refused_without_the_right_and_without_the_page(prefix, action):
    row = BULK[prefix, action]()
    chosen = {"action": action, "_selected_action": [str(row.pk)], **YES}
    address = reverse(f"admin:{prefix}_changelist")
    strict, overseer = signed_in(enforce_csrf_checks=True), signed_in("ai_oversight")
    with CaptureQueriesContext(connection) as queries:
        assert strict.post(address, chosen).status_code == 403
        overseer.post(address, chosen)
    assert writes(queries) == []


@pytest.mark.parametrize("factory", factories(), ids=lambda factory: factory._meta.model._meta.label)
def test_deleting_from_the_list_asks_first(factory):
    row, client, strict = factory(), signed_in(), signed_in(enforce_csrf_checks=True)
    chosen = {"action": "delete_selected", "_selected_action": [str(row.pk)]}
    address = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_changelist")
    with CaptureQueriesContext(connection) as queries:
        client.get(address, chosen)
        client.post(address, chosen)
        assert strict.post(address, {**chosen, "post": "yes"}).status_code == 403
    assert writes(queries) == []


def test_more_rows_than_fit_are_carried_on_as_all_of_them():
    old = clock.now() - timedelta(days=1)
    waiting = [OutboxEvent(name=EVENT, payload={"number": number}, next_attempt_at=old) for number in range(230)]
    OutboxEvent.objects.bulk_create(waiting)
    client, address = signed_in(), reverse("admin:supportai_outboxevent_changelist")
    chosen = {"action": "try_again", "select_across": "1", "_selected_action": ["1"]}
    html = client.post(address, chosen).content.decode()
    assert html.count('name="_selected_action"') == 1
    assert 'name="select_across" value="1"' in html
    assert "and 220 more" in html
    client.post(address, {**chosen, **YES})
    assert not OutboxEvent.objects.filter(dispatched_at__isnull=True).exists()


# --- What is asked, and what is said ----------------------------------------------------------------
def test_a_question_names_the_row_as_plain_text():
    for headers in ({}, {"HX-Request": "true"}):
        html = signed_in().get(address_of("knowledge_article_archive", article()), headers=headers).content.decode()
        assert "Article: How to &lt;b&gt;export&lt;/b&gt;" in html
        assert "How to <b>export" not in html
        assert "The AI agent stops quoting it at once." in html


def test_a_question_about_money_says_how_much_and_for_whom():
    approval = ApprovalFactory(execution__contact__name="Ana <Northwind>")
    html = signed_in().get(address_of("integrations_approval_approve", approval)).content.decode()
    assert "sandbox.refund_charge" in html
    assert "$49.00" in html
    assert "charge_id ch_1" in html
    assert "Ana &lt;Northwind&gt;" in html


def test_a_refusal_of_the_service_is_said_on_the_page():
    row, client = archived(), signed_in()
    response = client.post(address_of("knowledge_article_make_draft", row), YES, follow=True)
    assert response.status_code == 200
    assert [message.level_tag for message in response.context["messages"]] == ["error"]


def test_a_button_of_a_page_that_is_out_of_date_brings_the_page_as_it_is_now():
    row, client = planned(), signed_in()
    Gap.objects.update(state="dismissed")
    response = client.get(address_of("knowledge_gap_plan", row), headers={"HX-Request": "true"})
    assert (response.status_code, response["HX-Redirect"]) == (403, address_of("knowledge_gap_change", row))
    assert "This cannot be done any more" in client.get(response["HX-Redirect"]).content.decode()


def test_what_was_filled_in_wrongly_is_shown_at_its_field():
    row, client = gap(), signed_in()
    html = client.post(address_of("knowledge_gap_dismiss", row), {**YES, "reason": "x" * 301}).content.decode()
    assert "at most 300 characters" in html
    assert Gap.objects.get().state == Gap.State.OPEN
