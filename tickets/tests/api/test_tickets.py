"""REST: tickets are listed, opened, resolved and assigned."""

import uuid

import pytest

from accounts.models import Contact
from accounts.tests.factories import BrandFactory, ContactFactory, TeamFactory, UserFactory
from tickets.models import AgentRun, Message, Ticket
from tickets.tests.factories import PersonTicketFactory, ResolvedTicketFactory, TicketFactory

pytestmark = pytest.mark.django_db
URL = "/api/v1/tickets/"


def ids(response) -> list[str]:
    assert response.status_code == 200, response.content
    return [row["id"] for row in response.json()["results"]]


class TestReading:
    def test_a_ticket_has_public_ids_and_plain_words(self, api):
        team, assignee = TeamFactory(slug="billing"), UserFactory()
        ticket = PersonTicketFactory(team=team, assignee=assignee)
        body = api.get(f"{URL}{ticket.public_id}/").json()
        assert body["id"] == str(ticket.public_id)
        assert body["number"] == ticket.pk
        assert body["contact"] == str(ticket.contact.public_id)
        assert body["assignee"] == str(assignee.public_id)
        assert (body["team"], body["brand"]) == ("billing", ticket.brand.slug)
        assert (body["status"], body["handler"], body["resolved_at"]) == ("open", "person", None)

    def test_nobody_and_no_team_are_null(self, api):
        body = api.get(f"{URL}{TicketFactory().public_id}/").json()
        assert (body["team"], body["assignee"]) == (None, None)

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ({"status": "resolved"}, ["resolved"]),
            ({"handler": "person"}, ["person"]),
            ({"team": "billing"}, ["person"]),
            ({"email": "ANA@northwind.example"}, ["ana"]),
            ({"status": "open", "handler": "ai_agent"}, ["ana"]),
            ({"created_after": "2999-01-01T00:00:00Z"}, []),
        ],
    )
    def test_lists_are_filtered(self, api, query, expected):
        rows = {
            "resolved": ResolvedTicketFactory(),
            "person": PersonTicketFactory(team=TeamFactory(slug="billing")),
            "ana": TicketFactory(contact=ContactFactory(email="ana@northwind.example")),
        }
        assert ids(api.get(URL, query)) == [str(rows[name].public_id) for name in expected]

    def test_by_contact_organization_and_assignee(self, api):
        ticket = TicketFactory(assignee=UserFactory())
        TicketFactory()
        for query in (
            {"contact": ticket.contact.public_id},
            {"organization": ticket.contact.organization.public_id},
            {"assignee": ticket.assignee.public_id},
        ):
            assert ids(api.get(URL, query)) == [str(ticket.public_id)]

    @pytest.mark.parametrize("query", [{"status": "closed"}, {"contact": "7"}, {"created_after": "yesterday"}])
    def test_a_filter_that_makes_no_sense_is_a_problem(self, api, query):
        response = api.get(URL, query)
        assert response.status_code == 400
        assert set(response.json()["errors"]) == set(query)

    def test_a_list_takes_the_same_queries_whatever_its_length(self, api, django_assert_max_num_queries):
        for _ in range(4):
            TicketFactory(team=TeamFactory(), assignee=UserFactory())
        api.get(URL)
        with django_assert_max_num_queries(4):
            assert len(ids(api.get(URL))) == 4


class TestOpening:
    def post(self, api, key: str = "", **body):
        BrandFactory(slug="fernway") if not Ticket.objects.exists() else None
        headers = {"HTTP_IDEMPOTENCY_KEY": key} if key else {}
        return api.post(URL, {"email": "ana@northwind.example", "text": "I was charged twice", **body}, **headers)

    def test_a_ticket_is_opened_with_the_message_and_a_run(self, api):
        response = self.post(api, name="Ana Ruiz")
        assert response.status_code == 201, response.content
        ticket = Ticket.objects.get()
        message = ticket.messages.get(sequence=1)
        assert response.json()["id"] == str(ticket.public_id)
        assert (ticket.channel, ticket.subject) == ("api", "I was charged twice")
        assert (message.author, message.body, message.channel) == ("customer", "I was charged twice", "api")
        assert AgentRun.objects.filter(ticket=ticket).exists()

    def test_without_vouching_the_address_is_only_claimed(self, api):
        owner = ContactFactory(email="ana@northwind.example")
        self.post(api)
        message = Message.objects.get(sequence=1)
        assert message.identity_level == "claimed"
        assert message.ticket.contact != owner
        assert message.ticket.contact.is_verified is False

    def test_a_token_that_may_not_vouch_cannot_say_more(self, make_api):
        api = make_api("read", "write")
        response = self.post(api, identity_level="signed")
        assert response.status_code == 403
        assert not Ticket.objects.exists()
        assert not Contact.objects.filter(email="ana@northwind.example").exists()

    @pytest.mark.parametrize("level", ["mail_authenticated", "code_verified", "signed"])
    def test_a_token_that_may_vouch_reaches_the_verified_contact(self, make_api, level):
        owner = ContactFactory(email="ana@northwind.example")
        self.post(make_api("read", "write", "vouch"), identity_level=level)
        message = Message.objects.get(sequence=1)
        assert (message.ticket.contact, message.identity_level) == (owner, level)

    def test_the_same_key_opens_one_ticket(self, api):
        first = self.post(api, key="order-17")
        again = self.post(api, key="order-17")
        assert again.json() == first.json()
        assert again["Idempotent-Replayed"] == "true"
        assert Ticket.objects.count() == 1

    def test_a_lost_answer_does_not_open_a_second_ticket(self, api):
        """The answer is kept with the ticket, so a cache that was emptied meanwhile takes nothing away."""
        from django.core.cache import cache

        first = self.post(api, key="order-17")
        cache.clear()
        assert self.post(api, key="order-17").json()["id"] == first.json()["id"]
        assert Message.objects.filter(author="customer").count() == 1

    def test_without_a_key_each_request_opens_one(self, api):
        self.post(api)
        self.post(api)
        assert Ticket.objects.count() == 2

    def test_a_brand_can_be_named(self, api):
        other = BrandFactory(slug="other")
        assert self.post(api, brand="other").json()["brand"] == other.slug
        assert self.post(api, brand="nowhere").json()["errors"] == {"brand": ["There is no such brand."]}

    @pytest.mark.parametrize(
        "body",
        [
            {"email": ""},
            {"email": "no address"},
            {"text": ""},
            {"text": "   \n "},
            {"text": "x" * 20_001},
            {"identity_level": "anonymous"},
            {"identity_level": "root"},
        ],
        ids=str,
    )
    def test_what_makes_no_sense_opens_nothing(self, api, body):
        assert self.post(api, **body).status_code in {400, 422}
        assert not Ticket.objects.exists()

    def test_a_token_that_reads_cannot_write(self, make_api):
        assert self.post(make_api("read")).status_code == 403

    def test_oversight_reads_and_does_not_open(self, make_api):
        assert self.post(make_api("read", "write", role="ai_oversight")).status_code == 403

    def test_a_broken_body_is_a_problem(self, api):
        response = api.post(URL, "{not json", content_type="application/json")
        assert response.status_code == 400
        assert response["Content-Type"] == "application/problem+json"


class TestChanging:
    def patch(self, api, ticket, **body):
        return api.patch(f"{URL}{ticket.public_id}/", body)

    def test_resolving_names_the_tokens_user(self, api):
        ticket = PersonTicketFactory()
        response = self.patch(api, ticket, status="resolved")
        assert response.status_code == 200, response.content
        assert response.json()["status"] == "resolved"
        ticket.refresh_from_db()
        assert (ticket.resolved_by, ticket.is_resolved) == ("staff", True)

    def test_resolving_again_changes_nothing(self, api):
        ticket = ResolvedTicketFactory()
        before = ticket.resolved_at
        assert self.patch(api, ticket, status="resolved").status_code == 200
        ticket.refresh_from_db()
        assert (ticket.resolved_at, ticket.resolved_by) == (before, "ai_agent")

    def test_reopening(self, api):
        ticket = ResolvedTicketFactory()
        assert self.patch(api, ticket, status="open").json()["status"] == "open"
        assert self.patch(api, ticket, status="open").status_code == 200

    def test_assigning_and_taking_away(self, api):
        ticket, jonas = PersonTicketFactory(), UserFactory()
        assert self.patch(api, ticket, assignee=str(jonas.public_id)).json()["assignee"] == str(jonas.public_id)
        assert self.patch(api, ticket, assignee=None).json()["assignee"] is None

    def test_what_is_left_out_stays(self, api):
        ticket = PersonTicketFactory(assignee=UserFactory())
        body = self.patch(api, ticket).json()
        assert (body["status"], body["assignee"]) == ("open", str(ticket.assignee.public_id))

    def test_both_or_nothing(self, api):
        ticket = PersonTicketFactory()
        response = self.patch(api, ticket, status="resolved", assignee=str(uuid.uuid4()))
        assert response.status_code == 400
        assert set(response.json()["errors"]) == {"assignee"}
        ticket.refresh_from_db()
        assert not ticket.is_resolved

    @pytest.mark.parametrize("body", [{"status": "pending"}, {"status": None}, {"assignee": "jonas"}])
    def test_what_makes_no_sense_is_refused(self, api, body):
        assert self.patch(api, PersonTicketFactory(), **body).status_code == 400

    def test_somebody_who_left_is_assigned_nothing(self, api):
        gone = UserFactory(is_active=False)
        assert self.patch(api, PersonTicketFactory(), assignee=str(gone.public_id)).status_code == 400

    def test_it_needs_the_right(self, make_api):
        api = make_api("read", "write", role="ai_oversight")
        assert self.patch(api, PersonTicketFactory(), status="resolved").status_code == 403

    @pytest.mark.parametrize("method", ["put", "delete"])
    def test_tickets_are_neither_replaced_nor_deleted(self, api, method):
        assert getattr(api, method)(f"{URL}{TicketFactory().public_id}/", {}).status_code == 405
