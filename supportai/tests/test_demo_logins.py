"""A production server does not start while the demo's password opens a door."""

import asyncio

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError

from accounts.models import User
from accounts.tests.factories import UserFactory
from supportai import asgi
from supportai.demo import logins
from supportai.demo.company import ensure_staff
from supportai.demo.logins import refuse_demo_logins

pytestmark = pytest.mark.django_db(transaction=True)


async def start_server() -> dict[str, str]:
    """Send the lifespan's first message and give the answer."""
    messages: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    sent: list[dict[str, str]] = []
    messages.put_nowait({"type": "lifespan.startup"})

    async def send(message):
        sent.append(message)
        messages.put_nowait({"type": "lifespan.shutdown"})

    await asyncio.wait_for(asgi.application({"type": "lifespan"}, messages.get, send), timeout=20)
    return sent[0]


def test_each_login_that_still_works_is_named():
    ensure_staff()
    jonas = User.objects.get(email="jonas@fernway.example")
    jonas.set_password("kZ8-another-one-2f")
    jonas.save()
    with pytest.raises(ImproperlyConfigured) as caught:
        refuse_demo_logins()
    assert "ines@fernway.example" in str(caught.value)
    assert "jonas@fernway.example" not in str(caught.value)
    assert "changepassword" in str(caught.value)


def test_logins_that_were_closed_or_belong_to_others_are_no_reason():
    ensure_staff()
    User.objects.update(is_active=False)
    UserFactory(email="ana@example.com")
    refuse_demo_logins()


def test_a_server_waits_for_a_database_that_is_away(monkeypatch):
    def gone():
        raise OperationalError

    monkeypatch.setattr(logins, "_demo_staff", gone)
    with pytest.raises(ImproperlyConfigured, match="does not answer"):
        refuse_demo_logins()


def test_a_database_without_tables_has_no_logins(monkeypatch):
    monkeypatch.setattr(type(logins.connection.introspection), "table_names", lambda _self: [])
    refuse_demo_logins()


async def test_the_server_says_why_it_does_not_start(settings, transactional_db):
    settings.WORKER_IN_SERVER, settings.REFUSE_DEMO_LOGINS = False, True
    await asyncio.to_thread(ensure_staff)
    answer = await start_server()
    assert answer["type"] == "lifespan.startup.failed"
    assert "demo's password" in answer["message"]


async def test_a_demo_may_have_its_logins(settings, transactional_db):
    settings.WORKER_IN_SERVER, settings.REFUSE_DEMO_LOGINS = False, False
    await asyncio.to_thread(ensure_staff)
    assert (await start_server())["type"] == "lifespan.startup.complete"
