"""The live lines: who may speak, what is answered, and what reaches whom."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest
from channels.db import database_sync_to_async
from channels.layers import channel_layers
from channels.routing import URLRouter
from django.core.cache import cache
from redis.exceptions import ConnectionError as RedisConnectionError

from accounts.models import Right
from accounts.services.staff import ensure_roles
from accounts.tests.factories import BrandFactory, UserFactory
from accounts.widget import SignedIdentity, WidgetSession, open_session
from supportai.core.actors import Actor
from supportai.core.frames import INBOX_GROUP, hub, send_frame, ticket_group
from tickets.consumers import ConversationConsumer
from tickets.consumers.conversation import FRAMES_PER_MINUTE
from tickets.consumers.sockets import CLOSE_NO_SESSION, CLOSE_NOT_ALLOWED, CLOSE_TOO_BIG, MAX_FRAME_CHARACTERS
from tickets.models import Csat, Message, Ticket
from tickets.routing import websocket_urlpatterns, with_long_poll
from tickets.services import lifecycle, messages
from tickets.tests.communicators import Request, Websocket

pytestmark = pytest.mark.django_db(transaction=True)

HOST = "support.example"
OWN_ORIGIN = f"https://{HOST}"
SHOP = "https://shop.example"

in_db = database_sync_to_async


@pytest.fixture(autouse=True)
def _quiet(monkeypatch):
    """Nobody answers here, and no test uses up another one's limit."""
    monkeypatch.setattr("tickets.tasks.work_on_run", lambda run_id: None)
    monkeypatch.setattr("tickets.tasks.learn_from_ticket", lambda ticket_id, episode: None)
    cache.clear()


def new_session(*, signed: bool = False, **brand: Any) -> WidgetSession:
    row = BrandFactory.create(**brand)
    identity = SignedIdentity(external_id="u1", email="ana@northwind.example", name="Ana Ruiz") if signed else None
    return open_session(row, identity)


def post(session: WidgetSession, text: str = "Hello", ticket: UUID | None = None) -> Message:
    return messages.post_customer_message(
        contact_id=session.contact.pk,
        brand_id=session.brand.pk,
        ticket_public_id=ticket,
        client_id=uuid4(),
        text=text,
        identity_level=session.level,
    )


def ticket_of(session: WidgetSession, text: str = "Hello") -> Ticket:
    return post(session, text).ticket


def socket(path: str = "/ws/widget/", origin: str | None = OWN_ORIGIN, user: Any = None) -> Websocket:
    headers = [(b"host", HOST.encode())]
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    return Websocket(URLRouter(websocket_urlpatterns), path, headers, user=user)


@asynccontextmanager
async def widget(session: WidgetSession, **hello: Any) -> AsyncIterator[Websocket]:
    """Open a widget's socket up to and with its welcome, which is kept as `.welcome`."""
    communicator = socket()
    await communicator.connect()
    await communicator.send({"v": 1, "type": "hello", "session": session.token, **hello})
    communicator.welcome = await communicator.receive()
    assert communicator.welcome["type"] == "welcome", communicator.welcome
    yield communicator
    await communicator.disconnect()


# ---- hello ----


async def test_a_socket_that_says_nothing_is_closed(monkeypatch):
    monkeypatch.setattr(ConversationConsumer, "hello_seconds", 0.05)
    communicator = socket()
    await communicator.connect()
    assert await communicator.close_code() == CLOSE_NO_SESSION


async def test_hello_is_due_within_ten_seconds():
    assert ConversationConsumer.hello_seconds == 10


async def test_a_forged_session_is_refused_and_the_socket_closed():
    communicator = socket()
    await communicator.connect()
    await communicator.send({"type": "hello", "session": "forged"})
    assert (await communicator.receive())["code"] == "session_expired"
    assert await communicator.close_code() == CLOSE_NO_SESSION


@pytest.mark.parametrize("origin", [OWN_ORIGIN, SHOP, None], ids=["own", "listed", "no browser"])
async def test_origins_that_may_embed_are_welcome(origin):
    session = await in_db(new_session)(allowed_origins=[SHOP])
    communicator = socket(origin=origin)
    await communicator.connect()
    await communicator.send({"type": "hello", "session": session.token})
    assert (await communicator.receive())["type"] == "welcome"
    await communicator.disconnect()


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "https://shop.example.evil.example", "http://shop.example"]
)
async def test_an_origin_that_the_brand_does_not_list_is_refused(origin):
    session = await in_db(new_session)(allowed_origins=[SHOP])
    communicator = socket(origin=origin)
    await communicator.connect()
    await communicator.send({"type": "hello", "session": session.token})
    assert (await communicator.receive())["code"] == "origin_not_allowed"
    assert await communicator.close_code() == CLOSE_NOT_ALLOWED


async def test_welcome_brings_what_was_missed():
    session = await in_db(new_session)()
    ticket = await in_db(ticket_of)(session, "First")
    await in_db(post)(session, "Second", ticket.public_id)
    async with widget(session, ticket=str(ticket.public_id), after=1) as communicator:
        assert [message["body"] for message in communicator.welcome["messages"]] == ["Second"]
        assert communicator.welcome["ticket"]["last_sequence"] == 2
        assert communicator.welcome["v"] == 1


async def test_welcome_without_a_ticket_is_empty():
    session = await in_db(new_session)()
    await in_db(post)(session)
    async with widget(session, ticket=None) as communicator:
        assert communicator.welcome["ticket"] is None
        assert communicator.welcome["messages"] == []


async def test_another_contacts_conversation_is_not_shown():
    session = await in_db(new_session)()
    other = await in_db(new_session)()
    ticket = await in_db(ticket_of)(other, "My secret")
    async with widget(session, ticket=str(ticket.public_id)) as communicator:
        assert communicator.welcome["ticket"] is None
        assert "secret" not in json.dumps(communicator.welcome)


async def test_internal_notes_never_reach_the_widget():
    session = await in_db(new_session)()
    ticket = await in_db(ticket_of)(session)
    user = await in_db(UserFactory.create)()
    note = {"ticket_id": ticket.pk, "user_id": user.pk, "client_id": uuid4(), "text": "Looks fishy"}
    async with widget(session, ticket=str(ticket.public_id), after=1) as communicator:
        await in_db(messages.post_note)(**note)
        assert await communicator.receive_nothing(timeout=0.2)
        await communicator.send({"type": "hello", "session": session.token, "ticket": str(ticket.public_id)})
        welcome = await communicator.receive_kind("welcome")
    assert "fishy" not in json.dumps(welcome)


# ---- frames that cannot be used ----


@pytest.mark.parametrize(
    "text", ["{", "[]", "null", '"hello"', "[" * 5000], ids=["broken", "list", "null", "text", "deep"]
)
async def test_a_broken_frame_is_answered_and_the_socket_lives(text):
    session = await in_db(new_session)()
    async with widget(session) as communicator:
        await communicator.send_text(text)
        assert (await communicator.receive())["code"] == "invalid_input"
        await communicator.send({"type": "ping"})
        assert (await communicator.receive())["type"] == "pong"


async def test_a_binary_frame_is_answered_with_an_error():
    async with widget(await in_db(new_session)()) as communicator:
        await communicator.send_bytes(b"\x00\x01")
        assert (await communicator.receive())["code"] == "invalid_input"


async def test_a_huge_frame_closes_the_socket():
    async with widget(await in_db(new_session)()) as communicator:
        await communicator.send_text("x" * (MAX_FRAME_CHARACTERS + 1))
        assert await communicator.close_code() == CLOSE_TOO_BIG


async def test_nothing_but_hello_may_come_first():
    communicator = socket()
    await communicator.connect()
    await communicator.send({"type": "message", "client_id": str(uuid4()), "text": "Hi"})
    assert (await communicator.receive())["code"] == "invalid_input"
    assert await in_db(Message.objects.count)() == 0
    await communicator.disconnect()


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "dance"},
        {"type": "message", "text": "no id"},
        {"type": "message", "client_id": "not-a-uuid", "text": "Hi"},
        {"type": "csat", "ticket": str(uuid4()), "score": 6},
        {"type": "hello", "session": "x", "after": -1},
        {"type": ["hello"]},
    ],
)
async def test_a_frame_of_the_wrong_form_is_named(frame):
    async with widget(await in_db(new_session)()) as communicator:
        await communicator.send(frame)
        answer = await communicator.receive()
    assert answer["type"] == "error"
    assert answer["code"] == "invalid_input"


async def test_a_flood_of_frames_is_slowed_down():
    async with widget(await in_db(new_session)()) as communicator:
        for _ in range(FRAMES_PER_MINUTE):
            await communicator.send({"type": "typing"})
        answer = await communicator.receive()
    assert answer["code"] == "too_many_requests"
    assert answer["retry_after"] >= 1


# ---- messages ----


async def test_a_message_is_stored_confirmed_and_shown_in_every_tab():
    session = await in_db(new_session)()
    async with widget(session) as first, widget(session) as second:
        client_id = str(uuid4())
        await first.send({"type": "message", "client_id": client_id, "ticket": None, "text": "Hello"})
        ack = await first.receive_kind("ack")
        shown = await second.receive_kind("message")
    assert ack["client_id"] == client_id
    assert ack["sequence"] == 1
    assert shown["ticket"] == ack["ticket"]
    assert shown["message"]["client_id"] == client_id
    assert shown["message"]["body"] == "Hello"


async def test_sending_again_stores_nothing_twice():
    session = await in_db(new_session)()
    frame = {"type": "message", "client_id": str(uuid4()), "ticket": None, "text": "Hello"}
    async with widget(session) as communicator:
        await communicator.send(frame)
        first = await communicator.receive_kind("ack")
        await communicator.send(frame)
        second = await communicator.receive_kind("ack")
    assert first == second
    assert await in_db(Message.objects.count)() == 1


async def test_a_message_keeps_the_page_that_was_shared():
    session = await in_db(new_session)()
    page = {"url": "https://shop.example/billing", "title": "Billing", "headings": ["Plan"], "cookie": "x"}
    frame = {"type": "message", "client_id": str(uuid4()), "ticket": None, "text": "Here", "page": page}
    async with widget(session) as communicator:
        await communicator.send(frame)
        await communicator.receive_kind("ack")
    stored = await in_db(Message.objects.get)()
    assert stored.page == {"url": page["url"], "title": "Billing", "headings": ["Plan"]}


async def test_a_message_to_another_contacts_ticket_is_refused():
    session = await in_db(new_session)()
    ticket = await in_db(ticket_of)(await in_db(new_session)())
    client_id = str(uuid4())
    frame = {"type": "message", "client_id": client_id, "ticket": str(ticket.public_id), "text": "Hi"}
    async with widget(session) as communicator:
        await communicator.send(frame)
        answer = await communicator.receive_kind("error")
    assert (answer["code"], answer["client_id"]) == ("not_found", client_id)
    assert await in_db(Message.objects.count)() == 1


async def test_an_empty_message_is_refused_with_its_client_id():
    client_id = str(uuid4())
    async with widget(await in_db(new_session)()) as communicator:
        await communicator.send({"type": "message", "client_id": client_id, "text": "  "})
        answer = await communicator.receive_kind("error")
    assert (answer["code"], answer["client_id"]) == ("empty_message", client_id)


async def test_messages_have_a_limit_a_minute(settings):
    settings.WIDGET_MESSAGES_PER_MINUTE = 2
    async with widget(await in_db(new_session)()) as communicator:
        for _ in range(3):
            await communicator.send({"type": "message", "client_id": str(uuid4()), "text": "Hi"})
        answer = await communicator.receive_kind("error")
    assert answer["code"] == "too_many_requests"
    assert 1 <= answer["retry_after"] <= 60
    assert await in_db(Message.objects.count)() == 2


async def test_a_session_that_ends_while_the_socket_is_open_sends_nothing_more():
    session = await in_db(new_session)()
    async with widget(session) as communicator:
        await in_db(session.contact.delete)()
        await communicator.send({"type": "message", "client_id": str(uuid4()), "text": "Hi"})
        assert (await communicator.receive_kind("error"))["code"] == "session_expired"
        assert await communicator.close_code() == CLOSE_NO_SESSION


async def test_a_person_is_asked_for_without_a_word_before():
    session = await in_db(new_session)()
    async with widget(session) as communicator:
        await communicator.send({"type": "person", "ticket": None})
        frame = await communicator.receive_kind("ticket")
        assert frame["ticket"]["handler"] == "person"
        await communicator.send({"type": "person", "ticket": frame["ticket"]["id"]})
        again = await communicator.receive_kind("ticket")
    assert again["ticket"]["id"] == frame["ticket"]["id"]
    assert await in_db(Ticket.objects.count)() == 1


async def test_a_rating_is_stored_and_not_asked_for_again():
    session = await in_db(new_session)()
    ticket = await in_db(ticket_of)(session)
    await in_db(lifecycle.resolve_ticket)(ticket_id=ticket.pk, actor=Actor.staff(1))
    async with widget(session, ticket=str(ticket.public_id)) as communicator:
        assert communicator.welcome["ticket"]["csat_asked"] is True
        rating = {"type": "csat", "ticket": str(ticket.public_id), "score": 4, "comment": "Quick"}
        await communicator.send(rating)
        assert (await communicator.receive_kind("ticket"))["ticket"]["csat_asked"] is False
    assert (await in_db(Csat.objects.get)()).score == 4


async def test_an_open_conversation_cannot_be_rated():
    session = await in_db(new_session)()
    ticket = await in_db(ticket_of)(session)
    async with widget(session, ticket=str(ticket.public_id)) as communicator:
        await communicator.send({"type": "csat", "ticket": str(ticket.public_id), "score": 4})
        assert (await communicator.receive_kind("error"))["code"] == "ticket_not_resolved"


async def test_a_heartbeat_tells_the_last_sequence():
    session = await in_db(new_session)()
    ticket = await in_db(ticket_of)(session)
    async with widget(session, ticket=str(ticket.public_id)) as communicator:
        await communicator.send({"type": "ping"})
        assert (await communicator.receive_kind("pong"))["last_sequence"] == 1


async def test_typing_rings_who_looks_at_the_ticket():
    session = await in_db(new_session)(signed=True)
    ticket = await in_db(ticket_of)(session)
    user = await in_db(staff)()
    async with inbox(user) as desk, widget(session, ticket=str(ticket.public_id)) as communicator:
        await desk.send({"type": "watch", "ticket": str(ticket.public_id)})
        await desk.send({"type": "ping"})
        await desk.receive_kind("pong")
        await communicator.send({"type": "typing"})
        assert (await desk.receive_kind("typing"))["who"] == "Ana Ruiz"


async def test_a_staff_reply_arrives_live():
    session = await in_db(new_session)()
    ticket = await in_db(ticket_of)(session)
    user = await in_db(staff)()
    async with widget(session, ticket=str(ticket.public_id)) as communicator:
        reply = {"ticket_id": ticket.pk, "user_id": user.pk, "client_id": uuid4(), "text": "I look into it"}
        await in_db(messages.post_staff_reply)(**reply)
        frame = await communicator.receive_kind("message")
        while frame["message"]["author"] != "agent":
            frame = await communicator.receive_kind("message")
    assert frame["message"]["body"] == "I look into it"


async def test_frames_of_a_contact_reach_no_other_contact():
    session, other = await in_db(new_session)(), await in_db(new_session)()
    async with widget(session) as mine, widget(other) as theirs:
        await mine.send({"type": "message", "client_id": str(uuid4()), "text": "Hi"})
        await mine.receive_kind("ack")
        assert await theirs.receive_nothing(timeout=0.2)


async def test_another_hello_moves_the_socket_to_the_other_contact():
    session, other = await in_db(new_session)(), await in_db(new_session)()
    async with widget(session) as communicator:
        await communicator.send({"type": "hello", "session": other.token})
        await communicator.receive_kind("welcome")
        await in_db(post)(session, "For nobody here")
        assert await communicator.receive_nothing(timeout=0.2)
        await in_db(post)(other, "For this one")
        assert (await communicator.receive_kind("message"))["message"]["body"] == "For this one"


# ---- inbox ----


def staff(*, role: str = "agent") -> Any:
    ensure_roles()
    user = UserFactory.create(role=role)
    assert user.has_perm(f"accounts.{Right.SEE_INBOX}")
    return user


@asynccontextmanager
async def inbox(user: Any, origin: str | None = OWN_ORIGIN) -> AsyncIterator[Websocket]:
    communicator = socket("/ws/inbox/", origin, user)
    assert await communicator.connect()
    yield communicator
    await communicator.disconnect()


@pytest.mark.parametrize("origin", ["https://evil.example", None])
async def test_no_other_page_opens_the_inbox_with_somebodys_cookie(origin):
    communicator = socket("/ws/inbox/", origin, await in_db(staff)())
    assert not await communicator.connect()


async def test_the_inbox_is_closed_to_strangers_and_to_staff_without_the_right():
    from django.contrib.auth.models import AnonymousUser

    powerless = await in_db(UserFactory.create)()
    await in_db(powerless.groups.clear)()
    for user in (AnonymousUser(), powerless):
        communicator = socket("/ws/inbox/", OWN_ORIGIN, user)
        assert not await communicator.connect()


async def test_a_new_message_rings_every_inbox():
    session = await in_db(new_session)()
    async with inbox(await in_db(staff)()) as desk:
        ticket = await in_db(ticket_of)(session)
        frame = await desk.receive_kind("row")
    assert frame["ticket"] == str(ticket.public_id)


async def test_only_the_watched_ticket_rings_and_null_stops_it():
    ticket = await in_db(ticket_of)(await in_db(new_session)())
    other = await in_db(ticket_of)(await in_db(new_session)())
    ring = in_db(lambda t, n: send_frame(ticket_group(t.public_id), {"type": "trace", "sequence": n}))
    async with inbox(await in_db(staff)()) as desk:
        for watched in (other, ticket):
            await desk.send({"type": "watch", "ticket": str(watched.public_id)})
        await desk.send({"type": "ping"})
        await desk.receive_kind("pong")
        await ring(other, 1)
        await ring(ticket, 2)
        assert (await desk.receive())["sequence"] == 2
        await desk.send({"type": "watch", "ticket": None})
        await desk.send({"type": "ping"})
        await desk.receive_kind("pong")
        await ring(ticket, 3)
        assert await desk.receive_nothing(timeout=0.2)


@pytest.mark.parametrize("ticket", ["nonsense", str(uuid4())], ids=["no id", "of nothing"])
async def test_a_ticket_that_is_none_cannot_be_watched(ticket):
    async with inbox(await in_db(staff)()) as desk:
        await desk.send({"type": "watch", "ticket": ticket})
        assert (await desk.receive())["code"] == "invalid_input"


async def test_a_person_who_writes_is_shown_to_the_customer():
    session = await in_db(new_session)()
    ticket = await in_db(ticket_of)(session)
    user = await in_db(staff)()
    async with inbox(user) as desk, widget(session, ticket=str(ticket.public_id)) as communicator:
        await desk.send({"type": "watch", "ticket": str(ticket.public_id)})
        await desk.send({"type": "typing"})
        frame = await communicator.receive_kind("typing")
    assert frame["who"] == user.get_short_name()
    assert frame["ticket"] == str(ticket.public_id)


async def test_the_inbox_answers_broken_frames_too():
    async with inbox(await in_db(staff)()) as desk:
        await desk.send_text("{")
        assert (await desk.receive())["code"] == "invalid_input"
        await desk.send({"type": "dance"})
        assert (await desk.receive())["code"] == "invalid_input"


async def test_a_closed_inbox_leaves_its_groups():
    user = await in_db(staff)()
    async with inbox(user):
        assert hub._groups[INBOX_GROUP]
    assert INBOX_GROUP not in hub._groups


# ---- long-poll ----


async def django_stand_in(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 418, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def poll(session: WidgetSession | None, *, origin: str = "", **query: Any) -> Request:
    text = "&".join(f"{name}={value}" for name, value in query.items())
    headers = [(b"host", HOST.encode()), (b"origin", origin.encode())]
    if session:
        headers.append((b"authorization", f"Bearer {session.token}".encode()))
    return Request(with_long_poll(django_stand_in), "GET", f"/widget/messages?{text}", headers)


async def test_a_poll_answers_at_once_when_there_is_news():
    session = await in_db(new_session)()
    ticket = await in_db(ticket_of)(session)
    response = await poll(session, ticket=ticket.public_id, after=0, wait=25).get()
    body = json.loads(response["body"])
    assert [message["body"] for message in body["messages"]] == ["Hello"]
    assert body["ticket"]["id"] == str(ticket.public_id)


async def test_a_poll_waits_for_the_doorbell():
    session = await in_db(new_session)()
    ticket = await in_db(ticket_of)(session)
    communicator = poll(session, ticket=ticket.public_id, after=1, wait=25)
    await communicator.begin()
    assert await communicator.receive_nothing(timeout=0.3)
    await in_db(post)(session, "Later", ticket.public_id)
    response = await communicator.answer()
    assert [message["body"] for message in json.loads(response["body"])["messages"]] == ["Later"]


async def test_a_poll_ends_without_news_after_its_time():
    session = await in_db(new_session)()
    ticket = await in_db(ticket_of)(session)
    response = await poll(session, ticket=ticket.public_id, after=1, wait=1).get()
    assert json.loads(response["body"])["messages"] == []


async def test_a_poll_needs_a_session_and_an_own_conversation():
    session = await in_db(new_session)()
    theirs = await in_db(ticket_of)(await in_db(new_session)())
    refused = await poll(None, ticket=theirs.public_id).get()
    foreign = await poll(session, ticket=theirs.public_id).get()
    broken = await poll(session, ticket="x").get()
    assert [refused["status"], foreign["status"], broken["status"]] == [401, 404, 422]
    assert json.loads(broken["body"])["code"] == "invalid_input"


async def test_a_poll_names_only_origins_that_may_embed():
    session = await in_db(new_session)(allowed_origins=[SHOP])
    ticket = await in_db(ticket_of)(session)
    good = await poll(session, origin=SHOP, ticket=ticket.public_id).get()
    bad = await poll(session, origin="https://evil.example", ticket=ticket.public_id).get()
    assert good["headers"].get("access-control-allow-origin") == SHOP
    assert (bad["status"], bad["headers"].get("access-control-allow-origin")) == (403, None)


class NobodyThere:
    """Redis' channel layer while Redis is away."""

    def serialize(self, message: Any) -> bytes:
        return json.dumps(message).encode()

    def __getattr__(self, name: str) -> Any:
        async def refuse(*_args: Any) -> None:
            raise RedisConnectionError("gone")

        return refuse


@pytest.fixture
def redis_is_away():
    layer = channel_layers.set("default", NobodyThere())
    yield
    channel_layers.set("default", layer)


async def test_while_redis_is_away_customers_are_welcomed_and_polls_answered(redis_is_away, monkeypatch):
    monkeypatch.setattr(hub, "_reader", None)
    session = await in_db(new_session)()
    ticket = await in_db(ticket_of)(session, "Anybody there?")
    async with widget(session, ticket=str(ticket.public_id)) as communicator:
        assert [message["body"] for message in communicator.welcome["messages"]] == ["Anybody there?"]
    answer = await poll(session, ticket=ticket.public_id, wait=5).get()
    assert (answer["status"], len(json.loads(answer["body"])["messages"])) == (200, 1)


async def test_a_socket_leaves_the_hub_also_when_it_ends_in_an_error(monkeypatch):
    session = await in_db(new_session)()

    def break_down(*_args: Any) -> None:
        raise RuntimeError("the database is gone")

    communicator = socket()
    await communicator.connect()
    await communicator.send({"type": "hello", "session": session.token})
    await communicator.receive()
    assert len(hub._members) == 1
    monkeypatch.setattr("tickets.consumers.conversation.say", database_sync_to_async(break_down))
    await communicator.send({"type": "message", "client_id": str(uuid4()), "text": "Hello"})
    with pytest.raises(RuntimeError):
        await communicator.wait(timeout=3)
    assert hub._members == {}


async def test_everything_but_the_poll_goes_to_django():
    headers = [(b"host", HOST.encode())]
    for method, path in (("POST", "/widget/messages"), ("GET", "/widget/session")):
        request = Request(with_long_poll(django_stand_in), method, path, headers)
        assert (await request.get())["status"] == 418


# ---- bodies ----


async def swallow(scope: Any, receive: Any, send: Any) -> None:
    """Read a whole body as Django does, which answers nothing when the client goes away."""
    while (message := await receive())["type"] != "http.disconnect":
        if not message.get("more_body"):
            await django_stand_in(scope, receive, send)
            return


async def sent_in_chunks(path: str, *sizes: int) -> dict[str, Any]:
    request = Request(with_long_poll(swallow), "POST", path, [(b"transfer-encoding", b"chunked")])
    for size in sizes:
        await request.send_input({"type": "http.request", "body": b"x" * size, "more_body": True})
    await request.send_input({"type": "http.request", "body": b""})
    return await request.answer()


async def test_a_body_without_a_length_is_cut_off_at_the_limit(settings):
    settings.MAX_UPLOAD_BYTES = 1000
    refused = await sent_in_chunks("/widget/attachments", 10_500, 501)
    assert (refused["status"], json.loads(refused["body"])["code"]) == (413, "body_too_big")
    assert (await sent_in_chunks("/widget/attachments", 10_500, 500))["status"] == 418


async def test_bodies_that_are_not_the_widgets_are_not_counted(settings):
    settings.MAX_UPLOAD_BYTES = 1000
    assert (await sent_in_chunks("/administration/", 20_000))["status"] == 418
