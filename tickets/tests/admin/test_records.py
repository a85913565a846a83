"""The AI agent's settings have one row; records of what happened are read, not written."""

import pytest
from django.test import Client

from accounts.tests.factories import TeamFactory, UserFactory
from tickets.models import AgentConfiguration, Stage
from tickets.tests.factories import (
    AgentRunFactory,
    AgentStepFactory,
    CsatFactory,
    HandoffFactory,
    IntentFactory,
    MessageFactory,
    NoteFactory,
    TicketFactory,
)

pytestmark = pytest.mark.django_db
SETTINGS = "/admin/tickets/agentconfiguration/"


@pytest.fixture
def lead(client: Client) -> Client:
    client.force_login(UserFactory(role="lead"))
    return client


def fill(**changes: str) -> dict[str, str]:
    return {
        "is_on": "on",
        "default_stage": "auto",
        "answer_threshold": "0.6",
        "act_threshold": "0.8",
        "max_steps": "20",
        "max_seconds": "60",
        "silence_hours": "24",
        **changes,
    }


class TestSettings:
    def test_the_link_goes_to_the_row_and_makes_it(self, lead):
        first = lead.get(SETTINGS)
        again = lead.get(SETTINGS)
        row = AgentConfiguration.objects.get()
        assert first.url == again.url == f"{SETTINGS}{row.pk}/change/"
        assert lead.get(first.url).status_code == 200

    def test_there_is_never_a_second_row_or_none(self, lead):
        row = AgentConfiguration.objects.create()
        assert lead.get(f"{SETTINGS}add/").status_code == 403
        assert lead.post(f"{SETTINGS}{row.pk}/delete/", {"post": "yes"}).status_code == 403
        assert AgentConfiguration.objects.count() == 1

    def test_thresholds_are_chances(self, lead):
        row = AgentConfiguration.objects.create()
        response = lead.post(f"{SETTINGS}{row.pk}/change/", fill(answer_threshold="1.5"))
        assert "answer_threshold" in response.context["adminform"].form.errors

    def test_the_default_stage_is_chosen_from_the_stages(self, lead):
        row = AgentConfiguration.objects.create()
        assert lead.post(f"{SETTINGS}{row.pk}/change/", fill(default_stage="approval")).status_code == 302
        row.refresh_from_db()
        assert row.default_stage == "approval"
        assert lead.post(f"{SETTINGS}{row.pk}/change/", fill(default_stage="yolo")).status_code == 200

    def test_oversight_can_stop_the_agent(self, client):
        client.force_login(UserFactory(role="ai_oversight"))
        row = AgentConfiguration.objects.create()
        data = fill()
        del data["is_on"]
        assert client.post(f"{SETTINGS}{row.pk}/change/", data).status_code == 302
        row.refresh_from_db()
        assert row.is_on is False
        assert row.history.latest().history_user.groups.get().name == "ai_oversight"

    def test_stages_are_changed_in_the_list(self, lead):
        stage = Stage.objects.create(intent=IntentFactory())
        data = {
            "form-TOTAL_FORMS": "1",
            "form-INITIAL_FORMS": "1",
            "form-0-id": str(stage.pk),
            "form-0-level": "approval",
            "_save": "Save",
        }
        assert lead.post("/admin/tickets/stage/", data).status_code == 302
        stage.refresh_from_db()
        assert stage.level == "approval"
        assert stage.history.count() == 2


class TestRecords:
    def test_a_run_shows_its_steps_and_escapes_what_customers_wrote(self, lead):
        run = AgentRunFactory()
        AgentStepFactory(run=run, story="Looked it up.", output={"text": "<script>alert(1)</script>"})
        html = lead.get(f"/admin/tickets/agentrun/{run.pk}/change/").content.decode()
        assert "Looked it up." in html
        assert "<script>alert(1)" not in html

    def test_a_ticket_shows_its_conversation(self, lead):
        ticket = TicketFactory()
        MessageFactory(ticket=ticket, body="<b>Where</b> is my invoice?")
        NoteFactory(ticket=ticket, body="Seen before.")
        html = lead.get(f"/admin/tickets/ticket/{ticket.pk}/change/").content.decode()
        assert "&lt;b&gt;Where&lt;/b&gt; is my invoice?" in html
        assert "Seen before." in html
        assert str(ticket.public_id) in html

    def test_of_a_ticket_only_team_and_priority_are_written(self, lead):
        ticket, team = TicketFactory(subject="Mine"), TeamFactory()
        data = {
            "team": str(team.pk),
            "priority": "urgent",
            "subject": "Forged",
            "status": "resolved",
            "messages-TOTAL_FORMS": "0",
            "messages-INITIAL_FORMS": "0",
        }
        assert lead.post(f"/admin/tickets/ticket/{ticket.pk}/change/", data).status_code == 302
        ticket.refresh_from_db()
        assert (ticket.team, ticket.priority) == (team, "urgent")
        assert (ticket.subject, ticket.status) == ("Mine", "open")

    def test_a_handoff_shows_its_packet(self, lead):
        handoff = HandoffFactory()
        html = lead.get(f"/admin/tickets/handoff/{handoff.pk}/change/").content.decode()
        assert "Cannot invite Jo." in html

    def test_an_empty_packet_is_said_to_be_empty(self, lead):
        handoff = HandoffFactory(packet={})
        assert lead.get(f"/admin/tickets/handoff/{handoff.pk}/change/").status_code == 200

    @pytest.mark.parametrize("factory", [AgentRunFactory, HandoffFactory, CsatFactory])
    def test_records_are_never_written(self, lead, factory):
        row = factory()
        address = f"/admin/tickets/{row._meta.model_name}/{row.pk}"
        assert lead.get(f"{address}/change/").status_code == 200
        assert lead.post(f"{address}/change/", {}).status_code == 403
        assert lead.post(f"{address}/delete/", {"post": "yes"}).status_code == 403
