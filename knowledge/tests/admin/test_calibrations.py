"""Leads see what outcomes changed about how sure answers are, and can take it back."""

import pytest
from django.urls import reverse

from accounts.models import User
from accounts.tests.factories import UserFactory
from knowledge.models import AnswerCalibration

pytestmark = pytest.mark.django_db

State = AnswerCalibration.State


@pytest.fixture
def lead(client):
    client.force_login(UserFactory(role=User.Role.LEAD))
    return client


def calibration(state=State.ACTIVE):
    return AnswerCalibration.objects.create(
        state=state, slope=0.8, intercept=-0.4, outcomes=90, right=63, held_back=30, error_before=0.61, error_after=0.52
    )


def roll_back(client, row):
    address = reverse("admin:knowledge_answercalibration_roll_back", args=[row.pk])
    return client.post(address, {"_form_submitted": "True"})


def test_the_list_says_which_version_is_in_use_and_how_often_answers_were_right(lead):
    calibration()
    html = lead.get(reverse("admin:knowledge_answercalibration_changelist")).content.decode()
    assert "In use" in html
    assert "70%" in html


def test_a_lead_takes_the_version_in_use_back(lead):
    row = calibration()
    assert (
        "Stop using it" in lead.get(reverse("admin:knowledge_answercalibration_change", args=[row.pk])).content.decode()
    )
    roll_back(lead, row)
    row.refresh_from_db()
    assert row.state == State.ROLLED_BACK


def test_a_version_that_is_not_in_use_has_no_way_back(lead):
    row = calibration(State.REFUSED)
    assert roll_back(lead, row).status_code == 403
    row.refresh_from_db()
    assert row.state == State.REFUSED


def test_nobody_writes_one_by_hand(lead):
    assert lead.get(reverse("admin:knowledge_answercalibration_add")).status_code == 403
