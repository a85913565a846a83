"""A greeting is answered as one, whether or not anybody configured small talk."""

import pytest

from tickets.tests.agent.desk import Desk

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("text", ["hello", "hi there", "good morning to you all"])
def test_a_greeting_is_answered_and_not_passed_to_a_person(text, django_capture_on_commit_callbacks):
    desk = Desk(django_capture_on_commit_callbacks)
    assert "What can I help you with?" in desk.say(text)
    assert not desk.ticket.is_with_person


def test_a_greeting_with_a_wish_is_about_the_wish(django_capture_on_commit_callbacks):
    desk = Desk(django_capture_on_commit_callbacks)
    assert "Shall I refund" in desk.say("Hello, I was charged twice this month")
