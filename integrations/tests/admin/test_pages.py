"""Integrations in the admin: configuring, looking at records, deciding."""

from typing import Any

import pytest
from django.test import Client

from accounts.services.staff import ensure_roles
from accounts.tests.factories import UserFactory
from integrations.connectors.sandbox.client import SandboxConnector
from integrations.errors import ConnectorError
from integrations.models import (
    ActionExecution,
    ActionPolicy,
    Approval,
    Binding,
    Installation,
    SandboxAccount,
    SandboxCharge,
    SandboxCredit,
    SandboxFault,
    SandboxSubscription,
)
from integrations.tests.factories import (
    ActionExecutionFactory,
    ApprovalFactory,
    InstallationFactory,
    SandboxAccountFactory,
    SandboxChargeFactory,
    SandboxSubscriptionFactory,
)

pytestmark = pytest.mark.django_db
DIALOG = {"_form_submitted": "True"}


@pytest.fixture
def admin_user() -> Any:
    ensure_roles()
    return UserFactory(role="admin", name="Ada Admin")


@pytest.fixture
def page(client: Client, admin_user: Any) -> Client:
    client.force_login(admin_user)
    return client


def page_of(role: str) -> Client:
    ensure_roles()
    client = Client()
    client.force_login(UserFactory(role=role))
    return client


class TestInstallations:
    FORM = {"kind": "sandbox", "name": "Sandbox", "can_act": "on", "credentials": "sk_1", "settings": "host: a.example"}

    def test_a_new_one_is_checked_at_once(self, page):
        assert page.post("/admin/integrations/installation/add/", self.FORM).status_code == 302
        row = Installation.objects.get()
        assert (row.state, row.credentials, row.settings) == ("active", "sk_1", {"host": "a.example"})

    def test_credentials_are_never_shown_and_stay_when_left_empty(self, page):
        row = InstallationFactory(credentials="sk_secret")
        address = f"/admin/integrations/installation/{row.pk}/change/"
        assert "sk_secret" not in page.get(address).content.decode()
        page.post(address, {**self.FORM, "credentials": "", "name": "Renamed"})
        row.refresh_from_db()
        assert (row.name, row.credentials) == ("Renamed", "sk_secret")

    def test_its_history_tells_who_switched_it_off(self, page, admin_user):
        row = InstallationFactory()
        page.post(f"/admin/integrations/installation/{row.pk}/change/", {"name": row.name, "settings": ""})
        row.refresh_from_db()
        assert not row.can_act
        newest = row.history.first()
        assert (newest.can_act, newest.history_user) == (False, admin_user)
        assert "credentials" not in {field.name for field in newest._meta.fields}
        assert page.get(f"/admin/integrations/installation/{row.pk}/history/").status_code == 200

    def test_the_connector_of_a_stored_one_stays(self, page):
        row = InstallationFactory()
        page.post(f"/admin/integrations/installation/{row.pk}/change/", {**self.FORM, "kind": "stripe"})
        row.refresh_from_db()
        assert row.kind == "sandbox"

    def test_a_check_says_what_is_wrong(self, page, monkeypatch):
        row = InstallationFactory()

        def check(_self):
            raise ConnectorError("no answer")

        monkeypatch.setattr(SandboxConnector, "check", check)
        address = f"/admin/integrations/installation/{row.pk}/check-connection/"
        assert page.get(address).status_code == 200
        response = page.post(address, DIALOG)
        html = page.get(response["Location"]).content.decode()
        assert "no answer" in html
        assert "Degraded" in html

    def test_one_that_was_used_is_not_deleted(self, page):
        row = ActionExecutionFactory().installation
        assert page.post(f"/admin/integrations/installation/{row.pk}/delete/", {"post": "yes"}).status_code == 403

    def test_the_list_counts_what_is_bound(self, page, shop):
        html = page.get("/admin/integrations/installation/").content.decode()
        assert str(Binding.objects.count()) in html


class TestBindings:
    def add(self, page, **changes):
        installation = Installation.objects.first() or InstallationFactory()
        data = {
            "capability": "billing.find_charges",
            "action": "sandbox.find_charges",
            "installation": installation.pk,
            **changes,
        }
        return page.post("/admin/integrations/binding/add/", data)

    def test_a_capability_gets_an_action(self, page):
        assert self.add(page).status_code == 302
        assert str(Binding.objects.get()) == "billing.find_charges by sandbox.find_charges"

    def test_an_action_for_something_else_is_refused(self, page):
        response = self.add(page, action="sandbox.refund_charge")
        assert "does billing.refund_charge" in response.content.decode()
        assert not Binding.objects.exists()

    def test_an_action_that_is_not_there_is_refused(self, page):
        assert "action" in self.add(page, action="sandbox.gone").context["adminform"].form.errors

    def test_another_connectors_installation_is_refused(self, page):
        other = InstallationFactory(kind="stripe")
        response = self.add(page, installation=other.pk)
        assert "needs an installation of sandbox" in response.content.decode()

    def test_a_capability_is_bound_once(self, page):
        self.add(page)
        assert "capability" in self.add(page).context["adminform"].form.errors


class TestPolicies:
    FORM = {"capability": "billing.refund_charge", "mode": "allow", "limit_cents": "10000", "identity_level": "signed"}

    def test_limits_are_set(self, page):
        assert page.post("/admin/integrations/actionpolicy/add/", self.FORM).status_code == 302
        policy = ActionPolicy.objects.get()
        assert (policy.limit_cents, policy.daily_count, policy.identity_level) == (10_000, None, "signed")

    @pytest.mark.parametrize("level", ["anonymous", "claimed"])
    def test_nobody_acts_for_strangers(self, page, level):
        response = page.post("/admin/integrations/actionpolicy/add/", {**self.FORM, "identity_level": level})
        assert "identity_level" in response.context["adminform"].form.errors

    @pytest.mark.parametrize("limit", ["-1", "many"])
    def test_a_limit_is_an_amount(self, page, limit):
        response = page.post("/admin/integrations/actionpolicy/add/", {**self.FORM, "limit_cents": limit})
        assert "limit_cents" in response.context["adminform"].form.errors

    def test_the_page_explains_what_happens_above(self, page):
        html = page.get("/admin/integrations/actionpolicy/add/").content.decode()
        assert "five times" in html
        assert "always waits for a person" in html

    def test_a_lead_reads_and_changes_nothing(self, shop):
        lead = page_of("lead")
        policy = ActionPolicy.objects.get(capability="billing.refund_charge")
        address = f"/admin/integrations/actionpolicy/{policy.pk}/change/"
        assert lead.get(address).status_code == 200
        assert lead.post(address, self.FORM).status_code == 403
        assert lead.get("/admin/integrations/actionpolicy/add/").status_code == 403


class TestExecutions:
    def test_they_are_read_and_never_written(self, page):
        done = ActionExecutionFactory(error="<script>alert(1)</script>")
        address = f"/admin/integrations/actionexecution/{done.pk}/change/"
        html = page.get(address).content.decode()
        assert "$49.00" in html
        assert "<script>alert(1)</script>" not in html
        assert page.post(address, {"state": "failed"}).status_code == 403
        assert page.post(f"/admin/integrations/actionexecution/{done.pk}/delete/", {"post": "yes"}).status_code == 403
        assert page.get("/admin/integrations/actionexecution/add/").status_code == 403

    def test_the_list_is_narrowed_and_searched(self, page):
        ActionExecutionFactory(action="sandbox.file_issue", state="failed", amount_cents=None)
        ActionExecutionFactory()
        found = page.get("/admin/integrations/actionexecution/", {"state__exact": "failed"}).context["cl"].queryset
        assert [row.action for row in found] == ["sandbox.file_issue"]
        found = page.get("/admin/integrations/actionexecution/", {"q": "refund"}).context["cl"].queryset
        assert [row.action for row in found] == ["sandbox.refund_charge"]

    def test_what_can_be_undone_is_undone_by_who_could_have_approved_it(self, page, shop, admin_user):
        SandboxSubscriptionFactory(id="sub_1")
        done = shop.run("billing.change_plan", {"subscription_id": "sub_1", "plan": "free"}, confirmation="q")
        address = f"/admin/integrations/actionexecution/{done.pk}/undo/"
        assert page_of("ai_oversight").post(address, DIALOG).status_code == 403
        assert page.get(address).status_code == 200
        assert SandboxSubscription.objects.get().plan == "free"
        page.post(address, DIALOG)
        done.refresh_from_db()
        assert (done.state, done.result["undone_by"]["id"]) == ("compensated", admin_user.pk)
        assert SandboxSubscription.objects.get().plan == "pro"
        assert page.post(address, DIALOG).status_code == 403

    def test_why_it_could_not_be_undone_is_said(self, page, shop):
        SandboxSubscriptionFactory(id="sub_1")
        done = shop.run("billing.change_plan", {"subscription_id": "sub_1", "plan": "free"}, confirmation="q")
        SandboxSubscription.objects.update(plan="business")
        response = page.post(f"/admin/integrations/actionexecution/{done.pk}/undo/", DIALOG)
        assert "was changed since" in page.get(response["Location"]).content.decode()

    def test_what_is_irreversible_offers_nothing(self, page):
        done = ActionExecutionFactory()
        assert page.post(f"/admin/integrations/actionexecution/{done.pk}/undo/", DIALOG).status_code == 403


class TestApprovals:
    def address(self, approval, verb):
        return f"/admin/integrations/approval/{approval.pk}/{verb}/"

    def test_a_yes_is_noted_with_who_said_it(self, page, admin_user):
        approval = ApprovalFactory()
        assert page.get(self.address(approval, "approve")).status_code == 200
        approval.refresh_from_db()
        assert approval.state == "pending"
        response = page.post(self.address(approval, "approve"), DIALOG)
        approval.refresh_from_db()
        assert (approval.state, approval.decisions[0]["user_id"]) == ("approved", admin_user.pk)
        assert "Ada Admin: yes" in page.get(response["Location"]).content.decode()

    def test_a_no_is_noted_with_the_reason(self, page):
        approval = ApprovalFactory()
        page.post(self.address(approval, "deny"), {**DIALOG, "reason": "Too much."})
        approval.refresh_from_db()
        assert (approval.state, approval.decisions[0]["why"]) == ("denied", "Too much.")
        assert ActionExecution.objects.get().error == "Denied. Too much."

    @pytest.mark.parametrize("verb", ["approve", "deny"])
    def test_who_only_watches_decides_nothing(self, verb):
        approval = ApprovalFactory()
        assert page_of("ai_oversight").post(self.address(approval, verb), DIALOG).status_code == 403
        approval.refresh_from_db()
        assert approval.state == "pending"

    def test_a_lead_may_decide(self):
        approval = ApprovalFactory(execution__amount_cents=1_000_000, execution__state="planned")
        page_of("lead").post(self.address(approval, "approve"), DIALOG)
        approval.refresh_from_db()
        assert approval.state == "approved"

    def test_the_same_person_twice_is_told(self, page):
        approval = ApprovalFactory(needed=2)
        page.post(self.address(approval, "approve"), DIALOG)
        response = page.post(self.address(approval, "approve"), DIALOG)
        assert "a second person is needed" in page.get(response["Location"]).content.decode()
        assert Approval.objects.get().state == "pending"

    def test_what_was_decided_offers_nothing(self, page):
        approval = ApprovalFactory(state="expired", decided_at=ApprovalFactory().created_at)
        assert page.post(self.address(approval, "approve"), DIALOG).status_code == 403

    def test_they_are_never_written_by_hand(self, page):
        approval = ApprovalFactory()
        address = f"/admin/integrations/approval/{approval.pk}/change/"
        assert page.get(address).status_code == 200
        assert page.post(address, {"state": "approved"}).status_code == 403
        assert page.get("/admin/integrations/approval/", {"q": "refund"}).status_code == 200


class TestSandbox:
    def test_a_charge_is_looked_at_and_changed_but_keeps_its_id(self, page):
        row = SandboxChargeFactory(id="ch_1")
        address = f"/admin/integrations/sandboxcharge/{row.pk}/change/"
        assert "Pro plan" in page.get(address).content.decode()
        data = {
            "id": "ch_9", "contact": row.contact, "amount_cents": "100", "currency": "usd", "refunded_cents": "0",
            "status": "paid", "created_0": "2026-01-01", "created_1": "10:00:00",
        }  # fmt: skip
        assert page.post(address, data).status_code == 302
        assert list(SandboxCharge.objects.values_list("pk", "amount_cents")) == [("ch_1", 100)]

    def test_roles_are_lines(self, page):
        row = SandboxAccountFactory(id="acc_1")
        page.post(
            f"/admin/integrations/sandboxaccount/{row.pk}/change/",
            {"contact": row.contact, "status": "active", "roles": "member\nbilling"},
        )
        assert SandboxAccount.objects.get().roles == ["member", "billing"]

    def test_what_calls_made_stays(self, page):
        SandboxCredit.objects.create(id="cr_1", contact="ana@northwind.example", amount_cents=1)
        assert page.get("/admin/integrations/sandboxcredit/cr_1/change/").status_code == 200
        assert page.post("/admin/integrations/sandboxcredit/cr_1/change/", {"amount_cents": "2"}).status_code == 403
        assert page.get("/admin/integrations/sandboxcredit/add/").status_code == 403

    def test_rows_are_found_by_whose_they_are(self, page):
        SandboxChargeFactory(id="ch_1")
        SandboxChargeFactory(id="ch_2", contact="bob@northwind.example")
        found = page.get("/admin/integrations/sandboxcharge/", {"q": "bob"}).context["cl"].queryset
        assert [row.pk for row in found] == ["ch_2"]

    def test_a_fault_is_planned(self, page):
        page.post(
            "/admin/integrations/sandboxfault/add/",
            {"action": "sandbox.find_charges", "kind": "error", "times": "2"},
        )
        assert str(SandboxFault.objects.get()) == "sandbox.find_charges error x2"
