from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.models import User
from accounts.tests.factories import UserFactory
from knowledge.models import Article, Category
from knowledge.services import articles
from knowledge.services.feedback import give_feedback
from knowledge.tests.factories import publish_text
from supportai.core import clock
from supportai.core.actors import SYSTEM, Actor

pytestmark = pytest.mark.django_db
FORM = {"title": "Export", "body": "New.", "slug": "export", "audience": "public", "language": "en", "product": ""}


@pytest.fixture
def lead(client):
    client.force_login(UserFactory(role=User.Role.LEAD, name="Lea Lead"))
    return client


@pytest.fixture
def article():
    return publish_text("Export", "Old.", slug="export")


def page(name, article, *args):
    return reverse(f"admin:knowledge_article_{name}", args=[article.pk, *args])


def post(client, article, **changed):
    return client.post(page("change", article), FORM | changed)


# --- Saving --------------------------------------------------------------------------------------
def test_a_draft_waits_while_readers_see_what_they_saw(lead, article):
    assert post(lead, article, publishing="later").status_code == 302
    article.refresh_from_db()
    assert article.current_revision.body == "Old."
    html = lead.get(page("change", article)).content.decode()
    assert "Revision 2 waits as a draft" in html
    assert ">New.</textarea>" in html


def test_a_draft_is_published_when_it_is_saved_so(lead):
    article = articles.create_article(title="Export", body="x", slug="export", actor=SYSTEM)
    post(lead, article)
    article.refresh_from_db()
    assert article.state == Article.State.DRAFT
    post(lead, article, publishing="now")
    article.refresh_from_db()
    assert article.is_published


def test_what_somebody_else_saved_meanwhile_is_not_written_over(lead, article):
    articles.revise_article(article_id=article.pk, title="Export", body="Theirs.", actor=SYSTEM)
    response = post(lead, article, read_revision="1")
    html = response.content.decode()
    assert response.status_code == 200
    assert "saved revision 2 while you were writing" in html
    assert ">New.</textarea>" in html
    assert 'name="read_revision" value="2"' in html
    assert article.revisions.count() == 2
    assert post(lead, article, read_revision="2").status_code == 302


def test_category_last_day_and_translation_are_stored(lead, article):
    shelf = Category.objects.create(name="Data", slug="data")
    first = publish_text("Exportieren", "x", language="de")
    until = clock.today() + timedelta(days=5)
    response = post(lead, article, category=shelf.pk, valid_until=until.isoformat(), translation_of=first.pk)
    assert response.status_code == 302, response.content.decode()
    article.refresh_from_db()
    assert (article.category, article.valid_until, article.translation_of) == (shelf, until, first)


def test_a_day_that_is_over_is_refused_beside_its_field(lead, article):
    yesterday = (clock.today() - timedelta(days=1)).isoformat()
    assert "This day is over" in post(lead, article, valid_until=yesterday).content.decode()
    assert post(lead, article, valid_until=yesterday, publishing="later").status_code == 302


def test_a_translation_of_a_translation_is_refused_with_the_page_to_choose(lead, article):
    first = publish_text("Exportieren", "x", language="de")
    second = publish_text("Exporter", "x", language="fr", translation_of=first)
    assert "was made from: “Exportieren”" in post(lead, article, translation_of=second.pk).content.decode()
    assert "no translation of itself" in post(lead, article, translation_of=article.pk).content.decode()
    assert post(lead, first, slug=first.slug, title="x", translation_of=article.pk).status_code == 200


# --- Preview -------------------------------------------------------------------------------------
def test_the_preview_is_what_readers_would_see_and_safe(lead):
    typed = {"title": "A <b>title</b>", "body": "## Steps\n\n1. Open **it**.\n\n<script>alert(1)</script>\n"}
    html = lead.post(reverse("admin:knowledge_article_preview"), typed).content.decode()
    assert '<h2 id="steps">Steps' in html
    assert "<strong>it</strong>" in html
    assert "A &lt;b&gt;title&lt;/b&gt;" in html
    assert "<script>" not in html


def test_only_our_own_pages_may_frame_the_preview(lead):
    response = lead.get(reverse("admin:knowledge_article_preview"))
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in response["Content-Security-Policy"]
    assert "script-src" not in response["Content-Security-Policy"]


def test_a_draft_has_a_preview_for_staff_only(lead, client, article):
    articles.revise_article(article_id=article.pk, title="Export", body="**Soon**.", actor=SYSTEM, is_published=False)
    html = lead.get(page("preview_saved", article)).content.decode()
    assert "Only staff see this page." in html
    assert "<strong>Soon</strong>" in html
    client.logout()
    assert "login" in client.get(page("preview_saved", article))["Location"]
    assert "login" in client.post(reverse("admin:knowledge_article_preview"), {"body": "x"})["Location"]


# --- Revisions -----------------------------------------------------------------------------------
def test_revisions_are_compared_word_by_word_and_with_any_other(lead, article):
    articles.revise_article(article_id=article.pk, title="Export all", body="Old and newer.", actor=SYSTEM)
    articles.revise_article(article_id=article.pk, title="Export all", body="Newest.", actor=SYSTEM)
    html = lead.get(page("revision", article, 2)).content.decode()
    assert "<ins> all</ins>" in html
    assert "<ins> and newer</ins>" in html
    assert "<del>Newest</del>" in lead.get(page("revision", article, 2), {"with": "3"}).content.decode()
    assert (
        "there is nothing to compare it with" in lead.get(page("revision", publish_text("B", "x"), 1)).content.decode()
    )
    assert lead.get(page("revision", article, 9)).status_code == 404


def test_a_text_is_shown_as_text_in_a_comparison(lead):
    article = publish_text("Export", "<script>alert(1)</script>")
    assert "<script>alert(1)" not in lead.get(page("revision", article, 1)).content.decode()


def test_a_revision_is_brought_back_by_a_press_not_by_a_link(lead, article):
    articles.revise_article(article_id=article.pk, title="Export", body="New.", actor=SYSTEM)
    lead.get(page("bring_back", article, 1))
    assert article.revisions.count() == 2
    lead.post(page("bring_back", article, 1))
    article.refresh_from_db()
    assert (article.current_revision.body, article.current_revision.author.name) == ("Old.", "Lea Lead")


def test_who_may_only_look_cannot_bring_back(client, article):
    client.force_login(UserFactory(role=User.Role.AI_OVERSIGHT))
    assert client.get(page("revision", article, 1)).status_code == 200
    assert client.post(page("bring_back", article, 1)).status_code == 403


# --- States and what happened --------------------------------------------------------------------
@pytest.mark.parametrize(
    ("action", "state"), [("make_draft", "draft"), ("send_to_review", "in_review"), ("mark_stale", "stale")]
)
def test_an_article_is_taken_from_readers_and_the_page_says_who_did_it(lead, article, action, state):
    lead.post(page(action, article), {"_form_submitted": "True"})
    article.refresh_from_db()
    assert article.state == state
    assert "Lea Lead" in lead.get(page("change", article)).content.decode()


@pytest.mark.parametrize(
    ("state", "offered"),
    [
        ("published", {"Make it a draft", "Send to review", "Mark stale", "Archive"}),
        ("stale", {"Publish", "Make it a draft", "Send to review", "Archive"}),
        ("archived", {"Restore"}),
    ],
)
def test_only_what_the_state_allows_is_offered(lead, article, state, offered):
    Article.objects.update(state=state)
    context = lead.get(page("change", article)).context_data
    shown = [entry["title"] for item in context["actions_detail"] for entry in item.get("items", [item])]
    assert set(shown) == offered | {"Preview"}


def test_publishing_is_offered_again_where_a_newer_text_waits(lead, article):
    post(lead, article, publishing="later")
    assert "Publish" in [item["title"] for item in lead.get(page("change", article)).context_data["actions_detail"]]


def test_readers_votes_stand_on_the_article_page(lead, article):
    give_feedback(article=article, visitor="a", address="a", is_helpful=False, words="Where is the button?")
    give_feedback(article=article, visitor="b", address="b", is_helpful=True)
    html = lead.get(page("change", article)).content.decode()
    assert "It helped 1 of 2 who voted." in html
    assert "Where is the button?" in html


def test_an_ended_article_says_so(lead):
    article = publish_text("Sale", "x", valid_until=clock.today() - timedelta(days=1))
    assert "Its last day was" in lead.get(page("change", article)).content.decode()


def test_a_category_gets_an_address_of_its_own(lead):
    url = reverse("admin:knowledge_category_add")
    for name in ("Money matters", "Money: matters"):
        assert (
            lead.post(url, {"name": name, "slug": "", "description": "", "icon": "card", "position": 1}).status_code
            == 302
        )
    assert list(Category.objects.order_by("pk").values_list("slug", flat=True)) == ["money-matters", "money-matters-2"]


def test_the_person_behind_a_revision_is_named(lead, article):
    user = UserFactory(name="Rosa Writer")
    articles.revise_article(article_id=article.pk, title="Export", body="x", actor=Actor.staff(user.pk))
    assert "Rosa Writer" in lead.get(page("revision", article, 2)).content.decode()
