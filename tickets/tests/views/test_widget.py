"""The widget's files and HTTP side, as a page of another site and a curious stranger would use them."""

import gzip
import io
import json
from typing import Any
from uuid import uuid4

import jwt
import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.handlers.asgi import ASGIRequest
from django.test import Client
from PIL import Image
from structlog.testing import capture_logs

from accounts.models import Brand, Contact
from accounts.tests.factories import BrandFactory, ContactFactory
from accounts.widget import open_session
from integrations.models.sandbox import SandboxCharge
from supportai.core import clock
from supportai.core.actors import Actor
from tickets.models import Attachment, Csat, Message, Ticket
from tickets.services import lifecycle
from tickets.tests.factories import CitationFactory, MessageFactory, ResolvedTicketFactory, TicketFactory
from tickets.views import widget

pytestmark = pytest.mark.django_db

SHOP = "https://shop.example"
EVIL = "https://evil.example"
BEFORE_OPEN_BYTES = 25_000
ALL_BYTES = 60_000


@pytest.fixture(autouse=True)
def _quiet(monkeypatch, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr("tickets.tasks.work_on_run", lambda run_id: None)
    monkeypatch.setattr("tickets.tasks.learn_from_ticket", lambda ticket_id, episode: None)
    cache.clear()


@pytest.fixture
def brand() -> Brand:
    made: Brand = BrandFactory.create(
        slug="fernway", name="Fernway", allowed_origins=[SHOP], suggestions=["How do I start?"]
    )
    return made


class Widget:
    """A widget in a browser, as far as HTTP goes; `origin` is the page's."""

    def __init__(self, brand: Brand, origin: str = "") -> None:
        self.http = Client(enforce_csrf_checks=True)
        self.session = open_session(brand)
        self.headers = {"Authorization": f"Bearer {self.session.token}"} | ({"Origin": origin} if origin else {})

    def post(self, path: str, body: Any, **headers: str) -> Any:
        data = body if isinstance(body, str | bytes) else json.dumps(body)
        return self.http.post(f"/widget/{path}", data, content_type="application/json", headers=self.headers | headers)

    def get(self, path: str, **query: Any) -> Any:
        return self.http.get(f"/widget/{path}", query, headers=self.headers)

    def say(self, text: str = "Hello", ticket: str | None = None, **more: Any) -> Any:
        return self.post("messages", {"client_id": str(uuid4()), "ticket": ticket, "text": text, **more})

    def upload(self, content: bytes, name: str = "shot.png") -> Any:
        file = SimpleUploadedFile(name, content)
        return self.http.post("/widget/attachments", {"file": file}, headers=self.headers)


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 6), "navy").save(out, "PNG")
    return out.getvalue()


def identity(brand: Brand, **claims: Any) -> str:
    facts = {"sub": "u1", "aud": brand.slug, "exp": int(clock.now().timestamp()) + 600, **claims}
    return jwt.encode(facts, brand.signing_key, algorithm="HS256")


# ---- files ----


def test_the_loader_knows_the_version_of_the_rest(client):
    response = client.get("/widget/widget.js")
    version = widget.version_of(widget.files())
    assert response["Content-Type"].startswith("text/javascript")
    assert response["Access-Control-Allow-Origin"] == "*"
    assert f'"{version}"' in response.content.decode()
    assert "__VERSION__" not in response.content.decode()


def test_the_rest_may_be_kept_for_long_under_its_version(client):
    version = widget.version_of(widget.files())
    assert "immutable" in client.get(f"/widget/v/{version}/app.js")["Cache-Control"]
    assert "max-age=0" in client.get("/widget/v/old/app.js")["Cache-Control"]
    assert client.get(f"/widget/v/{version}/panel.css")["Content-Type"].startswith("text/css")


@pytest.mark.parametrize("name", ["widget.js", "nothing.js", "..%2Fapps.py", "app.py"])
def test_nothing_but_the_parts_is_served(client, name):
    assert client.get(f"/widget/v/1/{name}").status_code == 404


def test_a_file_that_did_not_change_is_not_sent_again(client):
    etag = client.get("/widget/widget.js")["ETag"]
    assert client.get("/widget/widget.js", headers={"If-None-Match": etag}).status_code == 304


def test_the_widget_stays_within_its_budget(client):
    sizes = {name: len(gzip.compress(data)) for name, data in widget.files().items()}
    assert sizes["widget.js"] <= BEFORE_OPEN_BYTES
    assert sum(sizes.values()) <= ALL_BYTES
    compressed = client.get("/widget/widget.js", headers={"Accept-Encoding": "gzip"})
    assert compressed["Content-Encoding"] == "gzip"
    assert len(compressed.content) <= BEFORE_OPEN_BYTES


def test_no_text_of_others_becomes_markup():
    forbidden = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function")
    for name, data in widget.files().items():
        assert not [word for word in forbidden if word in data.decode()], name


# ---- session ----


def test_a_visitor_gets_a_session_and_the_brands_words(client, brand):
    body = client.post("/widget/session", {"brand": "fernway"}, content_type="application/json").json()
    assert body["brand"] == {
        "name": "Fernway",
        "color": brand.color,
        "greeting": brand.greeting,
        "suggestions": ["How do I start?"],
    }
    assert (body["level"], body["ticket"]) == ("anonymous", None)
    assert body["session"]


def test_a_signed_identity_finds_the_same_contact_and_conversation_again(client, brand):
    def begin() -> Any:
        body = {"brand": "fernway", "identity": identity(brand, email="ana@northwind.example")}
        return client.post("/widget/session", body, content_type="application/json").json()

    first = begin()
    message = {"client_id": str(uuid4()), "text": "Hello"}
    headers = {"Authorization": f"Bearer {first['session']}"}
    said = client.post("/widget/messages", message, content_type="application/json", headers=headers).json()
    second = begin()
    assert second["contact"] == first["contact"]
    assert second["ticket"]["id"] == said["ticket"]
    assert second["level"] == "signed"


def test_a_forged_identity_is_refused(client, brand):
    forged = jwt.encode({"sub": "u1", "aud": "fernway", "exp": 9_999_999_999}, "k" * 32, algorithm="HS256")
    body = {"brand": "fernway", "identity": forged}
    response = client.post("/widget/session", body, content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (401, "identity_token_invalid")
    assert not Contact.objects.exists()


def test_an_old_session_goes_on_with_the_same_visitor(client, brand):
    first = client.post("/widget/session", {"brand": "fernway"}, content_type="application/json").json()
    body = {"brand": "fernway", "session": first["session"]}
    again = client.post("/widget/session", body, content_type="application/json").json()
    assert again["contact"] == first["contact"]


def test_an_unknown_brand_is_not_found(client):
    response = client.post("/widget/session", {"brand": "nobody"}, content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_new_visitors_from_one_address_have_a_limit_and_known_ones_do_not(client, brand, settings):
    settings.WIDGET_SESSIONS_PER_MINUTE = 2

    def begin(**more: Any) -> Any:
        return client.post("/widget/session", {"brand": "fernway", **more}, content_type="application/json")

    session = begin().json()["session"]
    begin()
    refused = begin(session="forged")
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert int(refused["Retry-After"]) >= 1
    assert begin(session=session).status_code == 200
    assert begin(identity=identity(brand)).status_code == 200
    assert Contact.objects.filter(is_verified=False).count() == 2


# ---- CORS ----


def test_a_preflight_from_a_listed_site_is_answered(client, brand):
    response = client.options("/widget/messages", headers={"Origin": SHOP})
    assert response.status_code == 204
    assert response["Access-Control-Allow-Origin"] == SHOP
    assert "POST" in response["Access-Control-Allow-Methods"]
    assert "Authorization" in response["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in response


@pytest.mark.parametrize("method", ["options", "post"])
def test_a_site_that_no_brand_lists_gets_no_cors_header(client, brand, method):
    response = getattr(client, method)("/widget/messages", headers={"Origin": EVIL})
    assert response.status_code == 403
    assert "Access-Control-Allow-Origin" not in response


def test_refusals_carry_cors_headers_too_so_that_the_widget_can_read_them(brand):
    response = Widget(brand, SHOP).say("")
    assert response.json()["code"] == "empty_message"
    assert response["Access-Control-Allow-Origin"] == SHOP
    assert response["Vary"] == "Origin"


def test_a_site_of_one_brand_does_not_speak_for_another(brand):
    other = BrandFactory.create(allowed_origins=["https://other.example"])
    response = Widget(other, SHOP).say()
    assert (response.status_code, response.json()["code"]) == (403, "origin_not_allowed")
    assert not Message.objects.exists()


def test_our_own_pages_may_always(brand):
    assert Widget(brand, "http://testserver").say().status_code == 200


# ---- messages ----


def test_a_message_is_stored_once_however_often_it_is_sent(brand):
    page = Widget(brand)
    body = {"client_id": str(uuid4()), "ticket": None, "text": "Hello"}
    first, second = page.post("messages", body).json(), page.post("messages", body).json()
    assert first == second
    assert first["sequence"] == 1
    assert Message.objects.get().channel == "widget"


def test_what_was_said_can_be_read_after_a_sequence(brand):
    page = Widget(brand)
    ticket = page.say("First").json()["ticket"]
    page.say("Second", ticket)
    body = page.get("messages", ticket=ticket, after=1, wait=25).json()
    assert [message["body"] for message in body["messages"]] == ["Second"]
    assert body["ticket"]["last_sequence"] == 2


def test_another_visitors_conversation_is_not_found(brand):
    ticket = Widget(brand).say("Secret").json()["ticket"]
    stranger = Widget(brand)
    assert stranger.get("messages", ticket=ticket).status_code == 404
    assert stranger.say("Hi", ticket).status_code == 404
    assert stranger.post("person", {"ticket": ticket}).status_code == 404
    assert stranger.post("csat", {"ticket": ticket, "score": 1}).status_code == 404
    assert Message.objects.count() == 1


@pytest.mark.parametrize("token", ["", "forged", "Bearer"])
def test_nothing_works_without_a_session(client, brand, token):
    for path in ("messages", "person", "csat", "attachments"):
        headers = {"Authorization": f"Bearer {token}"}
        response = client.post(f"/widget/{path}", {}, content_type="application/json", headers=headers)
        assert (response.status_code, response.json()["code"]) == (401, "session_expired")


@pytest.mark.parametrize("body", ["", "{", "[]", "[" * 5000, '"x"'], ids=["empty", "broken", "list", "deep", "text"])
def test_a_body_that_is_no_object_is_refused(brand, body):
    response = Widget(brand).post("messages", body)
    assert (response.status_code, response.json()["code"]) == (422, "invalid_input")


def test_a_huge_body_is_refused_before_it_is_read(brand):
    response = Widget(brand).post("messages", json.dumps({"text": "x" * 200_000}))
    assert response.status_code == 422
    assert "bytes" in response.json()["title"]


def test_the_first_wrong_field_is_named(brand):
    response = Widget(brand).post("messages", {"client_id": "x", "text": "Hi"})
    assert response.json()["field"] == "client_id"


def test_a_huge_page_context_is_refused(brand):
    assert Widget(brand).say(page={"url": "x" * 3000}).status_code == 422


def test_messages_have_a_limit_a_minute(brand, settings):
    settings.WIDGET_MESSAGES_PER_MINUTE = 1
    page = Widget(brand)
    assert page.say().status_code == 200
    refused = page.say()
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")


def test_another_method_is_refused_with_what_is_allowed(client, brand):
    response = client.put("/widget/messages")
    assert response.status_code == 405
    assert response["Allow"] == "POST, GET, OPTIONS"


def test_answers_are_not_kept_by_caches(brand):
    assert Widget(brand).say()["Cache-Control"] == "no-store"


# ---- person and rating ----


def test_a_person_can_be_asked_for_at_any_time(brand):
    page = Widget(brand)
    ticket = page.post("person", {"ticket": None}).json()["ticket"]
    assert ticket["handler"] == "person"
    assert page.post("person", {"ticket": ticket["id"]}).json()["ticket"]["id"] == ticket["id"]
    assert Ticket.objects.count() == 1


def test_a_resolved_conversation_can_be_rated(brand):
    page = Widget(brand)
    said = page.say().json()["ticket"]
    assert page.post("csat", {"ticket": said, "score": 5}).json()["code"] == "ticket_not_resolved"
    lifecycle.resolve_ticket(ticket_id=Ticket.objects.get().pk, actor=Actor.staff(1))
    assert page.post("csat", {"ticket": said, "score": 0}).status_code == 422
    rated = page.post("csat", {"ticket": said, "score": 5, "comment": "Great"}).json()
    assert rated["ticket"]["csat_asked"] is False
    assert Csat.objects.get().comment == "Great"


# ---- files of customers ----


def test_a_picture_goes_with_a_message_and_can_be_fetched_by_its_sender(brand):
    page = Widget(brand)
    stored = page.upload(picture()).json()
    ticket = page.say("", attachments=[stored["id"]]).json()["ticket"]
    shown = page.get("messages", ticket=ticket).json()["messages"][0]["attachments"][0]
    assert (shown["id"], shown["content_type"]) == (stored["id"], "image/png")
    link = page.get(f"attachments/{stored['id']}").json()["url"]
    assert Client().get(link).content == picture()


def test_files_are_saved_never_shown(client, brand):
    response = client.get(Widget(brand).upload(picture(), "täst.png").json()["url"])
    assert response["Content-Disposition"].startswith("attachment;")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    assert response["Content-Type"] == "image/png"


@pytest.mark.parametrize("name", ["page.html", "drawing.svg", "shot.png"])
def test_markup_is_refused_whatever_it_is_called(brand, name):
    response = Widget(brand).upload(b"<svg onload=alert(1)>", name)
    assert (response.status_code, response.json()["code"]) == (415, "file_kind_not_taken")
    assert not Attachment.objects.exists()


def test_a_file_over_the_limit_is_refused_before_it_is_read(brand, settings):
    settings.MAX_UPLOAD_BYTES = 1000
    response = Widget(brand).upload(b"x" * 20_000, "a.txt")
    assert (response.status_code, response.json()["code"]) == (413, "file_too_big")


def test_a_form_without_a_file_is_refused(brand):
    page = Widget(brand)
    response = page.http.post("/widget/attachments", {"other": "x"}, headers=page.headers)
    assert (response.status_code, response.json()["field"]) == (422, "file")


def test_another_visitors_file_is_not_linked_nor_sent(brand):
    stored = Widget(brand).upload(picture()).json()
    stranger = Widget(brand)
    assert stranger.get(f"attachments/{stored['id']}").status_code == 404
    stranger.say("Mine now", attachments=[stored["id"]])
    assert Attachment.objects.get().message is None


def test_a_link_without_its_key_gives_nothing(client, brand):
    path = Widget(brand).upload(picture()).json()["url"].partition("?")[0]
    assert client.get(path).status_code == 404


# ---- demo page ----


@pytest.fixture
def ana(brand) -> Contact:
    made: Contact = ContactFactory.create(email="ana@northwind.example", name="Ana Ruiz", brand=brand, external_id="u1")
    return made


def test_the_demo_page_is_not_there_without_the_demo(client, ana, settings):
    settings.DEMO = False
    assert client.get("/demo/").status_code == 404


def test_the_demo_page_signs_its_customer_in(client, ana, brand, settings):
    settings.DEMO = True
    html = client.get("/demo/").content.decode()
    token = html.partition('data-identity="')[2].partition('"')[0]
    assert open_session(brand, token).contact == ana
    assert "Ana Ruiz" in html


def test_the_demo_page_can_be_seen_by_a_visitor_or_another_customer(client, ana, brand, settings):
    settings.DEMO = True
    ben = ContactFactory.create(name="Ben Okafor", brand=brand)
    assert "data-identity" not in client.get("/demo/", {"as": "visitor"}).content.decode()
    html = client.get("/demo/", {"as": str(ben.public_id)}).content.decode()
    token = html.partition('data-identity="')[2].partition('"')[0]
    assert open_session(brand, token).contact == ben


def test_the_demo_page_shows_what_the_sandbox_billed_and_gave_back(client, ana, settings):
    settings.DEMO = True
    rows = {"amount_cents": 4900, "contact": ana.email, "description": "Pro plan"}
    SandboxCharge.objects.create(id="ch_1", **rows)
    SandboxCharge.objects.create(id="ch_2", refunded_cents=4900, **rows)
    SandboxCharge.objects.create(id="ch_3", refunded_cents=900, **rows)
    SandboxCharge.objects.create(id="ch_4", **{**rows, "contact": "", "organization": ana.organization.name})
    SandboxCharge.objects.create(id="ch_5", **{**rows, "contact": "someone@else.example"})
    html = client.get("/demo/").content.decode()
    assert [name for name in ("ch_1", "ch_2", "ch_3", "ch_4", "ch_5") if name in html] == [
        "ch_1",
        "ch_2",
        "ch_3",
        "ch_4",
    ]
    assert "<td>refunded</td>" in html
    assert "<td>$9.00 refunded</td>" in html


# ---- what a stranger may cost ----


def begin(client: Client, **body: Any) -> Any:
    return client.post("/widget/session", {"brand": "fernway", **body}, content_type="application/json")


def test_all_visitors_together_have_a_limit_of_new_sessions(client, brand, settings):
    settings.WIDGET_VISITORS_PER_MINUTE = 2
    for number in range(2):
        assert begin(Client(REMOTE_ADDR=f"192.0.2.{number}")).status_code == 200
    refused = begin(Client(REMOTE_ADDR="192.0.2.9"))
    assert (refused.status_code, "Retry-After" in refused.headers) == (429, True)
    assert begin(client, identity=identity(brand)).status_code == 200


@pytest.mark.parametrize("whose", ["signed", "another brand's"])
def test_a_session_that_makes_a_new_visitor_is_counted_whatever_came_with_it(client, brand, settings, whose):
    settings.WIDGET_SESSIONS_PER_MINUTE = 1
    token = open_session(brand, identity(brand)) if whose == "signed" else open_session(BrandFactory.create())
    assert begin(client, session=token.token).status_code == 200
    assert begin(client, session=token.token).status_code == 429


def test_all_visitors_together_have_a_limit_of_messages_that_customers_do_not_share(brand, settings):
    settings.WIDGET_VISITOR_MESSAGES_PER_MINUTE = 2
    assert [Widget(brand).say().status_code for _ in range(3)] == [200, 200, 429]
    ana = Widget(brand)
    ana.headers["Authorization"] = f"Bearer {open_session(brand, identity(brand)).token}"
    assert [ana.say().status_code for _ in range(2)] == [200, 200]


def test_a_body_is_measured_while_it_is_read_and_not_by_what_it_says(brand):
    body = json.dumps({"brand": "fernway", "more": "x" * widget.MAX_BODY_BYTES}).encode()
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/widget/session",
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
    }
    response = widget.session(ASGIRequest(scope, io.BytesIO(body)))
    assert response.status_code == 422
    assert "128,000" in json.loads(response.content)["title"]


@pytest.mark.parametrize(("origin", "named"), [(EVIL, ""), ("https://other.example", "fernway")])
def test_a_site_that_is_not_listed_stands_in_the_log(brand, origin, named):
    BrandFactory.create(allowed_origins=["https://other.example"])
    with capture_logs() as logs:
        response = Client(headers={"Origin": origin}).post(
            "/widget/session", {"brand": "fernway"}, content_type="application/json"
        )
    assert response.status_code == 403
    assert [(log["origin"], log["brand"]) for log in logs if log["event"] == "widget.origin_not_allowed"] == [
        (origin, named)
    ]


def test_a_citation_with_a_broken_slug_costs_its_link_and_not_the_conversation(brand):
    ana = Widget(brand)
    ticket = ana.say().json()["ticket"]
    message = MessageFactory.create(ticket=Ticket.objects.get(public_id=ticket), author="ai_agent")
    CitationFactory.create(message=message, article_slug="no slug/at all")
    CitationFactory.create(message=message, number=2, article_slug="members")
    shown = ana.get("messages", ticket=ticket).json()["messages"][-1]
    assert [citation["url"] for citation in shown["citations"]] == ["", "/help/members/"]


def test_a_session_of_one_brand_reaches_nothing_of_another(brand):
    ana = Widget(brand)
    ticket = TicketFactory.create(contact=ana.session.contact, brand=BrandFactory.create())
    resolved = ResolvedTicketFactory.create(contact=ana.session.contact, brand=ticket.brand)
    answers = [
        ana.get("messages", ticket=str(ticket.public_id)),
        ana.say(ticket=str(ticket.public_id)),
        ana.post("person", {"ticket": str(ticket.public_id)}),
        ana.post("csat", {"ticket": str(resolved.public_id), "score": 5}),
    ]
    assert [answer.status_code for answer in answers] == [404] * 4
    assert not Message.objects.exists()
    assert not Csat.objects.exists()
