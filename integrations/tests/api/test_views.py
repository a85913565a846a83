"""REST: installations, executions, approvals and decisions."""

import uuid

import pytest
from rest_framework.test import APIClient

from accounts.tests.factories import ApiTokenFactory, UserFactory
from integrations.models import ActionExecution, Approval
from integrations.services.sandbox import ensure_sandbox
from integrations.tests.factories import ActionExecutionFactory, ApprovalFactory, InstallationFactory

pytestmark = pytest.mark.django_db


def client_of(role: str, **token) -> APIClient:
    secret = f"sai_{uuid.uuid4().hex}"
    ApiTokenFactory(secret=secret, user=UserFactory(role=role, name=f"A {role}"), **token)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


@pytest.fixture(autouse=True)
def _roles(db):
    from accounts.services.staff import ensure_roles

    ensure_roles()


@pytest.fixture
def agent() -> APIClient:
    return client_of("agent")


@pytest.fixture
def lead() -> APIClient:
    return client_of("lead")


class TestReading:
    def test_an_execution_shows_what_was_done_for_whom(self, agent):
        done = ActionExecutionFactory(result={"refund_id": "re_1"})
        body = agent.get(f"/api/v1/executions/{done.public_id}/").json()
        assert (body["id"], body["contact"]) == (str(done.public_id), str(done.contact.public_id))
        assert (body["installation"], body["approval"]) == (str(done.installation.public_id), None)
        assert (body["action"], body["state"], body["result"]) == (done.action, "succeeded", {"refund_id": "re_1"})
        assert "idempotency_key" not in body

    def test_executions_are_narrowed(self, agent):
        done = ActionExecutionFactory()
        ActionExecutionFactory(state="failed", capability="issues.file")
        for query in ({"state": "succeeded"}, {"capability": done.capability}, {"contact": done.contact.public_id},
                      {"caller": done.caller}, {"episode": done.episode}):  # fmt: skip
            rows = agent.get("/api/v1/executions/", query).json()["results"]
            assert [row["id"] for row in rows] == [str(done.public_id)]

    def test_an_approval_shows_the_frozen_call_and_no_internal_ids(self, agent):
        approval = ApprovalFactory(
            decisions=[{"user_id": 7, "name": "Ines", "is_yes": True, "why": "", "at": "2026-01-01T00:00:00Z"}]
        )
        body = agent.get(f"/api/v1/approvals/{approval.public_id}/").json()
        assert (body["capability"], body["amount_cents"], body["currency"]) == ("billing.refund_charge", 4900, "usd")
        assert body["arguments"] == {"charge_id": "ch_1", "amount_cents": 4900}
        assert body["decisions"] == [{"name": "Ines", "is_yes": True, "why": "", "at": "2026-01-01T00:00:00Z"}]
        assert body["execution"] == str(approval.execution.public_id)

    def test_an_execution_names_its_approval(self, agent):
        approval = ApprovalFactory()
        body = agent.get(f"/api/v1/executions/{approval.execution.public_id}/").json()
        assert body["approval"] == str(approval.public_id)

    def test_approvals_are_narrowed(self, agent):
        approval = ApprovalFactory()
        other = ApprovalFactory()
        Approval.objects.filter(pk=other.pk).update(state="denied", decided_at=other.created_at)
        for query in ({"state": "pending"}, {"execution": approval.execution.public_id},
                      {"contact": approval.execution.contact.public_id}):  # fmt: skip
            rows = agent.get("/api/v1/approvals/", query).json()["results"]
            assert [row["id"] for row in rows] == [str(approval.public_id)]

    def test_installations_show_what_they_do_and_never_a_credential(self, agent):
        installation = ensure_sandbox()
        installation.credentials, installation.settings = "sk_live_secret", {"host": "internal"}
        installation.save()
        response = agent.get("/api/v1/installations/", {"kind": "sandbox"})
        row = response.json()["results"][0]
        assert "billing.refund_charge" in row["capabilities"]
        assert (row["state"], row["can_act"]) == ("active", True)
        assert "sk_live_secret" not in response.content.decode()
        assert "internal" not in response.content.decode()
        assert agent.get(f"/api/v1/installations/{installation.public_id}/").json() == row

    @pytest.mark.parametrize("path", ["executions", "approvals", "installations"])
    def test_lists_take_the_same_queries_whatever_their_length(self, agent, path, django_assert_num_queries):
        ApprovalFactory.create_batch(3)
        queries = {"installations": 5}.get(path, 4)
        agent.get(f"/api/v1/{path}/")
        with django_assert_num_queries(queries):
            agent.get(f"/api/v1/{path}/")

    @pytest.mark.parametrize("path", ["executions", "approvals", "installations"])
    def test_who_may_not_read_tickets_reads_none_of_it(self, path):
        row = {"executions": ActionExecutionFactory, "approvals": ApprovalFactory, "installations": InstallationFactory}
        public_id = row[path]().public_id
        assert APIClient().get(f"/api/v1/{path}/").status_code == 401
        nobody = client_of("agent")
        UserFactory._meta.model.objects.last().groups.clear()
        assert nobody.get(f"/api/v1/{path}/").status_code == 403
        assert nobody.get(f"/api/v1/{path}/{public_id}/").status_code == 403
        assert client_of("agent", scopes=["write"]).get(f"/api/v1/{path}/").status_code == 403

    @pytest.mark.parametrize("path", ["executions", "approvals", "installations"])
    def test_nothing_is_written_here(self, lead, path):
        for method in ("post", "put", "patch", "delete"):
            assert getattr(lead, method)(f"/api/v1/{path}/", {}).status_code == 405
        assert lead.get(f"/api/v1/{path}/{uuid.uuid4()}/").status_code == 404


class TestDeciding:
    @pytest.fixture
    def approval(self):
        return ApprovalFactory()

    def post(self, client, approval, verb, body=None):
        return client.post(f"/api/v1/approvals/{approval.public_id}/{verb}/", body or {})

    def test_a_lead_says_yes(self, lead, approval):
        response = self.post(lead, approval, "approve")
        assert response.status_code == 200
        assert (response.json()["state"], response.json()["decisions"][0]["name"]) == ("approved", "A lead")
        assert ActionExecution.objects.get().state == "approved"

    def test_a_lead_says_no_and_why(self, lead, approval):
        body = self.post(lead, approval, "deny", {"why": "Too much."}).json()
        assert (body["state"], body["decisions"][0]["why"]) == ("denied", "Too much.")
        assert ActionExecution.objects.get().state == "failed"

    def test_an_agent_decides_up_to_the_own_limit(self, agent, approval):
        assert self.post(agent, approval, "approve").status_code == 200
        larger = ApprovalFactory(execution__amount_cents=10_001, execution__state="planned")
        response = self.post(agent, larger, "approve")
        assert (response.status_code, response.json()["code"]) == (403, "not_allowed")
        larger.refresh_from_db()
        assert (larger.state, larger.decisions) == ("pending", [])
        assert self.post(agent, larger, "deny").status_code == 200

    def test_a_critical_action_without_an_amount_is_for_a_lead(self, agent, lead):
        approval = ApprovalFactory(execution__amount_cents=None, execution__risk="critical", execution__state="planned")
        assert self.post(agent, approval, "approve").status_code == 403
        assert self.post(lead, approval, "approve").status_code == 200

    @pytest.mark.parametrize("verb", ["approve", "deny"])
    def test_who_only_watches_decides_nothing(self, approval, verb):
        assert self.post(client_of("ai_oversight"), approval, verb).status_code == 403
        assert self.post(client_of("lead", scopes=["read"]), approval, verb).status_code == 403
        assert self.post(APIClient(), approval, verb).status_code == 401
        approval.refresh_from_db()
        assert approval.state == "pending"

    def test_a_second_decision_is_a_conflict(self, lead, approval):
        self.post(lead, approval, "approve")
        response = self.post(lead, approval, "deny")
        assert (response.status_code, response.json()["code"]) == (409, "approval_not_pending")

    def test_two_different_people_are_needed_for_a_lot(self, lead, approval):
        Approval.objects.update(needed=2)
        assert self.post(lead, approval, "approve").json()["state"] == "pending"
        again = self.post(lead, approval, "approve")
        assert (again.status_code, again.json()["code"]) == (409, "approved_twice")
        assert self.post(client_of("lead"), approval, "approve").json()["state"] == "approved"

    def test_too_long_a_reason_is_refused(self, lead, approval):
        assert self.post(lead, approval, "deny", {"why": "x" * 301}).status_code == 400

    @pytest.mark.parametrize("verb", ["approve", "deny"])
    def test_what_is_not_there_is_not_found(self, lead, verb):
        response = lead.post(f"/api/v1/approvals/{uuid.uuid4()}/{verb}/", {})
        assert (response.status_code, response.json()["code"]) == (404, "not_found")

    @pytest.mark.parametrize("verb", ["approve", "deny"])
    def test_a_repeat_with_the_same_key_gets_the_first_answer(self, lead, approval, verb):
        address = f"/api/v1/approvals/{approval.public_id}/{verb}/"
        first, again = (lead.post(address, {}, headers={"Idempotency-Key": "k1"}) for _ in range(2))
        assert (first.status_code, again.status_code) == (200, 200)
        assert again.json() == first.json()
        assert again["Idempotent-Replayed"] == "true"
        approval.refresh_from_db()
        assert len(approval.decisions) == 1

    def test_a_refusal_is_not_kept_under_the_key(self, agent, lead, approval):
        Approval.objects.filter(pk=approval.pk).update(needed=2)
        address = f"/api/v1/approvals/{approval.public_id}/approve/"
        lead.post(address, {})
        refused = lead.post(address, {}, headers={"Idempotency-Key": "k1"})
        assert refused.json()["code"] == "approved_twice"
        assert not lead.post(address, {}, headers={"Idempotency-Key": "k1"}).has_header("Idempotent-Replayed")

    def test_a_misspelt_reason_is_noticed(self, lead, approval):
        assert self.post(lead, approval, "deny", {"because": "x"}).status_code == 400
        approval.refresh_from_db()
        assert approval.state == "pending"
