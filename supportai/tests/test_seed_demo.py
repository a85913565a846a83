"""The demo company: seeded twice it is there once, and everything in it fits together."""

import shutil
import sqlite3
from contextlib import closing

import pytest
import yaml
from django.core.exceptions import ValidationError

from accounts.models import Team
from integrations.actions import all_actions
from supportai.core import cel
from supportai.demo import articles, company
from supportai.demo.configuration import HERE, TEAMS, load_configuration, load_procedure, read_yaml
from supportai.tests.servers import manage
from tickets.models import AgentConfiguration, Intent, Priority, Procedure, Stage
from tickets.models.procedure import template_expressions

COUNTED = (
    "accounts_user",
    "accounts_contact",
    "accounts_team",
    "accounts_brand",
    "tickets_intent",
    "tickets_procedurestep",
    "tickets_ticket",
    "tickets_message",
    "knowledge_article",
    "knowledge_revision",
    "knowledge_passage",
    "integrations_sandboxcharge",
    "integrations_sandboxaccount",
    "integrations_binding",
)
ELEVEN = {
    "password_reset", "account_locked", "double_charge", "refund_request", "invoice_copy", "plan_change", "cancellation",
    "access_permission", "integration_troubleshooting", "order_status", "bug_report",
}  # fmt: skip
OTHERS = {
    "how_to", "outage", "human_request", "feature_request", "feedback", "sales", "small_talk", "spam", "other",
}  # fmt: skip


def opened(folder):
    """Open the database without a trace, since other tests copy the folder meanwhile."""
    return closing(sqlite3.connect(f"file:{folder / 'supportai.sqlite3'}?immutable=1", uri=True))


def counts(folder):
    with opened(folder) as database:
        return {table: database.execute(f"select count(*) from {table}").fetchone()[0] for table in COUNTED}


def rows(folder, query):
    with opened(folder) as database:
        return database.execute(query).fetchall()


@pytest.mark.embedded
def test_earlier_conversations_are_added_once_and_the_doctor_is_content(seeded_data_dir, tmp_path):
    folder = tmp_path / "data"
    shutil.copytree(seeded_data_dir, folder)
    assert "earlier conversations" in manage(folder, "seed_demo")
    before = counts(folder)
    assert all(before.values()), before
    said = manage(folder, "seed_demo")
    assert "ready" in said
    assert "earlier conversations" not in said
    assert counts(folder) == before
    assert "All is well." in manage(folder, "doctor")
    assert_inbox_holds_work_of_both(folder)


def assert_inbox_holds_work_of_both(folder):
    found = rows(folder, "select status, resolved_by from tickets_ticket")
    assert len(found) == len(read_yaml("conversations.yaml"))
    assert {"resolved", "open"} <= {status for status, _ in found}
    assert {"staff", "ai_agent"} <= {resolved_by for _, resolved_by in found}
    # Four weeks for the insights page: every rating of the file found its ticket resolved.
    ratings = sum("rate" in turn for past in read_yaml("conversations.yaml") for turn in past["turns"])
    assert rows(folder, "select count(*) from tickets_csat") == [(ratings,)]
    first = "select count(*) from tickets_ticket t join accounts_contact c on c.id = t.contact_id where c.email = ?"
    with opened(folder) as database:
        mine = database.execute(first, ["ana@northwind.example"]).fetchone()
    assert mine == (0,), "who opens the demo page starts with an empty conversation"


@pytest.mark.embedded
def test_nothing_was_refunded_before_the_demo_starts(seeded_data_dir):
    assert rows(seeded_data_dir, "select count(*) from integrations_sandboxcharge where refunded_cents > 0") == [(0,)]
    twins = rows(
        seeded_data_dir,
        "select count(*) from integrations_sandboxcharge where contact = 'ana@northwind.example' and amount_cents = 4900",
    )
    assert twins[0][0] >= 2


@pytest.mark.django_db
def test_the_configuration_is_loaded_once_and_an_admin_s_change_stays():
    made = load_configuration()
    assert made == {"intents": 20, "procedures": 11, "teams": 5}
    Intent.objects.filter(slug="how_to").update(examples="only this")
    Team.objects.filter(slug="billing").update(name="Money")
    assert load_configuration() == {"intents": 0, "procedures": 0, "teams": 0}
    assert Intent.objects.get(slug="how_to").examples == "only this"
    assert Team.objects.get(slug="billing").name == "Money"


@pytest.mark.django_db
def test_the_configuration_is_what_scenarios_rely_on():
    load_configuration()
    assert set(Procedure.objects.values_list("intent__slug", flat=True)) == ELEVEN
    assert set(Intent.objects.values_list("slug", flat=True)) == ELEVEN | OTHERS
    assert set(Stage.objects.values_list("level", flat=True)) == {"auto"}
    assert Team.objects.get(is_default=True).slug == "general"
    settings = AgentConfiguration.objects.get()
    assert (settings.answer_threshold, settings.act_threshold) == (0.6, 0.8)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("team", "intents"),
    [
        ("billing", {"double_charge", "refund_request", "invoice_copy", "plan_change", "cancellation"}),
        ("accounts", {"password_reset", "account_locked", "access_permission"}),
        ("technical", {"integration_troubleshooting", "bug_report", "outage"}),
        ("orders", {"order_status"}),
        ("general", OTHERS - {"outage"}),
    ],
)
def test_each_intent_goes_to_its_team(team, intents):
    load_configuration()
    assert set(Intent.objects.filter(team__slug=team).values_list("slug", flat=True)) == intents


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("priority", "intents"),
    [
        (Priority.URGENT, {"outage"}),
        (
            Priority.HIGH,
            {"double_charge", "account_locked", "cancellation", "bug_report", "integration_troubleshooting"},
        ),
        (Priority.LOW, {"how_to", "invoice_copy", "feature_request", "feedback", "small_talk", "spam"}),
    ],
)
def test_each_intent_starts_with_its_priority(priority, intents):
    load_configuration()
    assert set(Intent.objects.filter(priority=priority).values_list("slug", flat=True)) == intents


def test_phrases_of_an_intent_are_many_different_and_of_no_other_intent():
    seen: dict[str, str] = {}
    for intent in read_yaml("intents.yaml"):
        phrases = [line.strip().lower() for line in intent["examples"].splitlines() if line.strip()]
        assert len(phrases) >= 12, intent["slug"]
        for phrase in phrases:
            assert phrase not in seen, f"{phrase!r} stands in {seen.get(phrase)} and {intent['slug']}"
            seen[phrase] = intent["slug"]


def test_procedures_call_only_what_the_sandbox_offers_and_hold_expressions_that_parse():
    offered = {spec.capability: spec for spec in all_actions()}
    for procedure in read_yaml("procedures.yaml"):
        for step in procedure["steps"]:
            where = f"{procedure['intent']}.{step['key']}"
            if step.get("capability"):
                assert set(step.get("arguments", {})) <= set(offered[step["capability"]].params.model_fields), where
            texts = [step.get("text", ""), step.get("label", ""), step.get("on_no", ""), *step.get("card", {}).values()]
            expressions = [expression for text in texts for expression in template_expressions(text)]
            for expression in [*expressions, *step.get("arguments", {}).values()]:
                cel.check(expression)


def test_what_needs_a_yes_is_asked_about_before_it_is_done():
    needy = {spec.capability for spec in all_actions() if spec.needs_confirmation}
    for procedure in read_yaml("procedures.yaml"):
        kinds = [(step["kind"], step.get("capability", "")) for step in procedure["steps"]]
        for place, (kind, capability) in enumerate(kinds):
            if kind == "act" and capability in needy:
                assert ("confirm", "") in kinds[:place], f"{procedure['intent']} calls {capability} unasked"


@pytest.mark.django_db
def test_a_malformed_step_is_refused_with_its_field():
    Intent.objects.create(slug="x", name="X", examples="a\nb")
    data = {"intent": "x", "steps": [{"key": "a", "kind": "say", "text": "{{ this is not CEL }}"}]}
    with pytest.raises(ValidationError, match="text"):
        load_procedure(data)


def test_articles_have_front_matter_steps_and_text():
    read = [articles.read_article(path) for path in sorted(articles.FOLDER.glob("*.md"))]
    assert len(read) >= 25
    assert len({document.slug for document in read}) == len(read)
    assert all(document.title and document.product and len(document.body) > 300 for document in read)
    assert sum("\n1. " in document.body for document in read) >= 20


def test_an_article_without_front_matter_is_named(tmp_path):
    path = tmp_path / "lost.md"
    path.write_text("# Just text")
    with pytest.raises(ValueError, match=r"lost\.md"):
        articles.read_article(path)


@pytest.mark.django_db
def test_the_demo_logins_have_their_roles_and_are_made_once():
    load_configuration()
    assert company.ensure_staff() == 4
    assert company.ensure_staff() == 0
    from accounts.models import User

    assert {user.email: user.groups.get().name for user in User.objects.all()} == {
        "admin@fernway.example": "admin",
        "ines@fernway.example": "lead",
        "jonas@fernway.example": "agent",
        "olga@fernway.example": "ai_oversight",
    }
    assert User.objects.get(email="ines@fernway.example").teams.filter(slug="billing").exists()
    assert User.objects.get(email="ines@fernway.example").check_password(company.PASSWORD)


@pytest.mark.django_db
def test_customers_are_verified_and_the_first_one_is_ana():
    brand = company.ensure_brand()
    customers = company.ensure_customers(brand)
    assert customers[0].email == "ana@northwind.example"
    assert all(customer.is_verified and customer.brand == brand for customer in customers)
    assert [c.pk for c in company.ensure_customers(brand)] == [c.pk for c in customers]


@pytest.mark.django_db
def test_the_sandbox_is_filled_once_and_belongs_to_the_customers():
    assert company.fill_sandbox() > 20
    assert company.fill_sandbox() == 0
    emails = {who["email"] for who in read_yaml("customers.yaml")}
    tables = yaml.safe_load((HERE / "sandbox.yaml").read_text())
    owners = {row["contact"] for rows in tables.values() for row in rows if "contact" in row}
    assert owners <= emails
    assert set(TEAMS) == {"billing", "accounts", "technical", "orders", "general"}
