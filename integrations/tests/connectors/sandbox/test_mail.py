"""Mails of the sandbox: once, outside transactions, to nobody else."""

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection

from integrations.models import ActionExecution, SandboxCall
from integrations.tests.factories import ANA, SandboxAccountFactory, SandboxInvoiceFactory

pytestmark = pytest.mark.django_db

State = ActionExecution.State
RESET, INVOICE = "accounts.send_password_reset", "billing.send_invoice"


@pytest.fixture(params=[RESET, INVOICE])
def send(shop, request):
    """Give a function that sends Ana one of the two mails."""
    SandboxAccountFactory(id="acc_1")
    SandboxInvoiceFactory(id="in_1")
    arguments = {"account_id": "acc_1"} if request.param == RESET else {"invoice_id": "in_1"}

    def run(**fields):
        return shop.run(request.param, arguments, **fields)

    run.action = f"sandbox.{request.param.partition('.')[2]}"
    return run


def test_it_goes_to_the_own_address_once(send):
    first, second = send(), send()
    assert (first.pk, first.state, first.result["sent_to"]) == (second.pk, State.SUCCEEDED, ANA)
    assert [message.to for message in mail.outbox] == [[ANA]]
    assert not mail.outbox[0].cc + mail.outbox[0].bcc


def test_no_transaction_is_open_while_it_is_sent(send, monkeypatch):
    depths, original = [], EmailBackend.send_messages

    def spy(self, messages):
        depths.append(len(connection.savepoint_ids))
        return original(self, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", spy)
    before = len(connection.savepoint_ids)
    send()
    assert depths == [before]


@pytest.mark.parametrize("fault", [ConnectionRefusedError("no server"), TimeoutError()])
def test_a_mail_server_that_is_away_is_a_failure_that_may_be_tried_again(send, monkeypatch, fault):
    def away(*_args):
        raise fault

    with monkeypatch.context() as patch:
        patch.setattr(EmailBackend, "send_messages", away)
        failed = send()
    assert (failed.state, failed.error) == (State.FAILED, "The mail could not be sent.")
    assert not SandboxCall.objects.exists()
    assert send().state == State.SUCCEEDED
    assert len(mail.outbox) == 1


def test_a_time_out_after_sending_sends_no_second_mail(shop, send):
    shop.break_next(send.action, "timeout_after")
    assert send().state == State.SUCCEEDED
    send()
    assert len(mail.outbox) == 1


def test_an_error_sends_nothing(shop, send):
    shop.break_next(send.action)
    assert send().state == State.FAILED
    assert mail.outbox == []


def test_its_message_id_follows_from_the_call_so_that_a_repeat_is_known(send):
    done = send()
    assert mail.outbox[0].message()["Message-ID"] == f"<{done.idempotency_key}@localhost>"


def test_a_sign_in_without_an_address_gets_no_mail(shop):
    shop.make_admin()
    SandboxAccountFactory(id="acc_1", contact="", organization="Northwind")
    done = shop.run(RESET, {"account_id": "acc_1"})
    assert (done.state, done.error) == (State.FAILED, "acc_1 has no address.")
    assert mail.outbox == []
