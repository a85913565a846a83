"""Admin pages of gaps and of the article check."""

import pytest
from django.urls import reverse

from accounts.models import User
from accounts.tests.factories import UserFactory
from knowledge.models import Finding, Gap, GapQuestion, HygieneCheck
from knowledge.services import gaps
from knowledge.tests.factories import publish_text
from supportai.core import clock

pytestmark = pytest.mark.django_db

FINDINGS = "/admin/knowledge/finding/"


@pytest.fixture
def lead(client):
    client.force_login(UserFactory(role=User.Role.LEAD))
    return client


@pytest.fixture
def overseer(client):
    client.force_login(UserFactory(role=User.Role.AI_OVERSIGHT))
    return client


@pytest.fixture
def gap() -> Gap:
    return gaps.note(
        question="Is there a dark mode in the app?",
        origin="ticket:a:1",
        kind=GapQuestion.Kind.HANDED_OFF,
        asked_at=clock.now(),
        probability=0.12,
    )


@pytest.fixture
def finding() -> Finding:
    return Finding.objects.create(
        kind="contradiction",
        fingerprint="f",
        why="They name different figures for the same thing.",
        article=publish_text("Refunds", "It takes five days."),
        other=publish_text("Money back", "It takes ten days."),
        quote="It takes <five> days.",
        other_quote="It takes ten days.",
        score=0.9,
    )


def page(row, action: str = "change") -> str:
    name = row._meta.model_name
    if action == "change":
        return reverse(f"admin:knowledge_{name}_change", args=[row.pk])
    return reverse(f"admin:knowledge_{name}_{action}", args=[row.pk])


def press(client, row, action, **given):
    """Confirm the dialog of a button."""
    return client.post(page(row, action), {"_form_submitted": "True", **given})


def check_now(client) -> str:
    return client.post(f"{FINDINGS}check-now/", {"_form_submitted": "True"}, follow=True).content.decode()


def test_gaps_are_listed_with_who_asked(lead, gap):
    html = lead.get(reverse("admin:knowledge_gap_changelist")).content.decode()
    assert gap.title in html
    assert lead.get(reverse("admin:knowledge_gap_changelist"), {"o": "4"}).status_code == 200


def test_the_page_of_a_gap_shows_its_questions_and_how_sure_the_answer_was(lead, gap):
    html = lead.get(page(gap)).content.decode()
    assert "12% sure" in html
    assert "Write an article" in html


def test_an_empty_list_says_what_would_be_there(lead):
    assert "the question appears here" in lead.get(reverse("admin:knowledge_gap_changelist")).content.decode()


def test_a_title_is_kept_by_the_service(lead, gap):
    form = {"title": "Dark mode", "questions-TOTAL_FORMS": 0, "questions-INITIAL_FORMS": 0}
    assert lead.post(page(gap), form).status_code == 302
    gap.refresh_from_db()
    assert (gap.title, gap.is_title_edited) == ("Dark mode", True)


@pytest.mark.parametrize(("action", "state"), [("plan", "planned"), ("write", "planned")])
def test_a_gap_is_planned_from_its_page(lead, gap, action, state):
    response = press(lead, gap, action)
    assert response.status_code == 302
    gap.refresh_from_db()
    assert gap.state == state
    assert ("knowledge/article/add" in response["Location"]) == (action == "write")


def test_a_gap_is_dismissed_with_a_reason_and_reopened(lead, gap):
    press(lead, gap, "dismiss", reason="Not planned")
    gap.refresh_from_db()
    assert (gap.state, gap.reason) == ("dismissed", "Not planned")
    press(lead, gap, "reopen")
    gap.refresh_from_db()
    assert gap.state == "open"


def test_oversight_does_not_write_articles(overseer, gap):
    assert "Write an article" not in overseer.get(page(gap)).content.decode()
    assert press(overseer, gap, "write").status_code == 403


def test_a_finding_shows_both_passages_beside_each_other(lead, finding):
    html = lead.get(page(finding)).content.decode()
    assert "It takes &lt;five&gt; days." in html
    assert "It takes ten days." in html
    assert page(finding.article) in html
    assert page(finding.other) in html


def test_the_list_shows_what_is_open_first(lead, finding):
    assert finding.why in lead.get(FINDINGS).content.decode()
    Finding.objects.update(state="dismissed", decided_at=clock.now())
    assert finding.why not in lead.get(FINDINGS).content.decode()
    assert finding.why in lead.get(FINDINGS, {"state": "dismissed"}).content.decode()
    assert finding.why in lead.get(FINDINGS, {"state": "all"}).content.decode()


@pytest.mark.parametrize(("action", "state"), [("seen_to", "done"), ("dismiss", "dismissed")])
def test_a_finding_is_decided_and_reopened(lead, finding, action, state):
    press(lead, finding, action)
    finding.refresh_from_db()
    assert (finding.state, finding.decided_by is not None) == (state, True)
    press(lead, finding, "reopen")
    finding.refresh_from_db()
    assert finding.state == "open"


def test_oversight_reads_findings_and_decides_nothing(overseer, finding):
    assert overseer.get(page(finding)).status_code == 200
    assert press(overseer, finding, "dismiss").status_code == 403
    assert overseer.post(f"{FINDINGS}check-now/", {"_form_submitted": "True"}).status_code == 403
    assert not HygieneCheck.objects.exists()


def test_a_check_is_started_and_its_progress_shown(lead, finding):
    assert "not compared yet" in lead.get(FINDINGS).content.decode()
    assert "Articles are being compared" in check_now(lead)
    HygieneCheck.objects.update(state="running", done=30, total=120)
    assert "30 of 120 passages read." in lead.get(FINDINGS).content.decode()
    assert "already" in check_now(lead)
    HygieneCheck.objects.update(state="failed", failure="disk full", finished_at=clock.now())
    assert "disk full" in lead.get(FINDINGS).content.decode()
    HygieneCheck.objects.update(state="done", failure="", found=3)
    html = lead.get(FINDINGS).content.decode()
    assert "3 findings new" in html
    assert 'Two articles disagree <b class="font-semibold">1</b>' in html
