import pytest
from django.urls import reverse

from accounts.models import User
from accounts.tests.factories import UserFactory
from knowledge.models import Article, Suggestion
from knowledge.services import articles
from knowledge.tests.factories import ObservationFactory, SourceFactory, SuggestionFactory, publish_text

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(client):
    user = UserFactory(role=User.Role.LEAD)
    client.force_login(user)
    return client


def change(model, row):
    return reverse(f"admin:knowledge_{model}_change", args=[row.pk])


FORM = {
    "audience": "public",
    "language": "en",
    "product": "Reports",
    "slug": "",
    "revisions-TOTAL_FORMS": 0,
    "revisions-INITIAL_FORMS": 0,
}


def test_a_written_article_is_published_with_its_revision(lead):
    response = lead.post(reverse("admin:knowledge_article_add"), FORM | {"title": "Export", "body": "Open **it**."})
    assert response.status_code == 302, response.content.decode()[:2000]
    article = Article.objects.get()
    assert (article.slug, article.is_published, article.product) == ("export", True, "Reports")
    assert article.current_revision.author is not None


def test_a_changed_text_is_a_new_revision(lead):
    article = publish_text("Export", "Old.")
    lead.post(change("article", article), FORM | {"title": "Export", "body": "New.", "slug": article.slug})
    article.refresh_from_db()
    assert article.current_revision.body == "New."
    assert article.revisions.count() == 2


def test_saving_without_a_change_makes_no_revision(lead):
    article = publish_text("Export", "Old.", product="Reports")
    lead.post(change("article", article), FORM | {"title": "Export", "body": "Old.", "slug": article.slug})
    assert article.revisions.count() == 1


def test_the_article_page_shows_text_and_revisions(lead):
    article = publish_text("Export", "Open the **Reports** page.")
    html = lead.get(change("article", article)).content.decode()
    assert "Open the **Reports** page." in html
    assert "Revisions" in html


def test_an_article_is_archived_and_restored(lead):
    article = publish_text("Export", "x")
    lead.post(reverse("admin:knowledge_article_archive", args=[article.pk]), {"_form_submitted": "True"})
    article.refresh_from_db()
    assert article.state == Article.State.ARCHIVED
    for name in ("restore", "publish"):
        lead.post(reverse(f"admin:knowledge_article_{name}", args=[article.pk]), {"_form_submitted": "True"})
    article.refresh_from_db()
    assert article.is_published


def test_an_archived_article_is_shown_but_not_changed(lead):
    article = publish_text("Export", "x")
    articles.archive_article(article_id=article.pk)
    assert lead.get(change("article", article)).status_code == 200
    assert lead.post(change("article", article), FORM | {"title": "New", "body": "y"}).status_code == 403


@pytest.mark.parametrize("model", ["article", "source", "suggestion", "evaluationcase"])
def test_lists_open(lead, model):
    publish_text("Export", "x", source=SourceFactory())
    SuggestionFactory()
    assert lead.get(reverse(f"admin:knowledge_{model}_changelist"), {"q": "exp"}).status_code == 200


def test_a_source_shows_why_it_failed(lead):
    source = SourceFactory(state="failed", failure="Export: disk full")
    assert "disk full" in lead.get(change("source", source)).content.decode()


def test_a_suggestion_is_approved_from_its_page(lead):
    suggestion = ObservationFactory().suggestion
    assert "Where it was seen" in lead.get(change("suggestion", suggestion)).content.decode()
    lead.post(reverse("admin:knowledge_suggestion_approve", args=[suggestion.pk]), {"_form_submitted": "True"})
    suggestion.refresh_from_db()
    assert suggestion.state == Suggestion.State.APPROVED
    assert suggestion.article.is_published


def test_rejecting_keeps_the_reason(lead):
    suggestion = SuggestionFactory()
    url = reverse("admin:knowledge_suggestion_reject", args=[suggestion.pk])
    lead.post(url, {"_form_submitted": "True", "reason": "Wrong"})
    suggestion.refresh_from_db()
    assert (suggestion.state, suggestion.reason) == (Suggestion.State.REJECTED, "Wrong")


def test_a_suggestion_is_edited_before_it_is_decided(lead):
    suggestion = SuggestionFactory(state=Suggestion.State.NEEDS_EDIT, note="Look")
    form = {
        "title": "New title",
        "body": "Open Reports and choose it.",
        "observations-TOTAL_FORMS": 0,
        "observations-INITIAL_FORMS": 0,
    }
    lead.post(change("suggestion", suggestion), form)
    suggestion.refresh_from_db()
    assert (suggestion.title, suggestion.state, suggestion.note) == ("New title", Suggestion.State.OPEN, "")


def test_an_approval_is_taken_back(lead):
    suggestion = SuggestionFactory()
    for name in ("approve", "take_back"):
        lead.post(reverse(f"admin:knowledge_suggestion_{name}", args=[suggestion.pk]), {"_form_submitted": "True"})
    suggestion.refresh_from_db()
    assert suggestion.state == Suggestion.State.OPEN
    assert Article.objects.get().state == Article.State.ARCHIVED


def test_an_agent_may_not_open_it(client):
    client.force_login(UserFactory(role=User.Role.AGENT))
    assert client.get(reverse("admin:knowledge_article_changelist")).status_code == 302
