import json
import re
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest
from django.urls import reverse
from django.utils.http import parse_http_date

from accounts.models import Brand
from accounts.tests.factories import BrandFactory, UserFactory
from knowledge.models import ArticleFeedback, Category
from knowledge.services import articles, ingestion
from knowledge.services.feedback import give_feedback
from knowledge.tests.factories import publish_text
from supportai.core import clock
from supportai.core.models import OutboxEvent

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def article(settings):
    settings.PUBLIC_URL = "https://help.fernway.example"
    BrandFactory(name="Fernway", slug="fernway")
    return publish_text("How long a refund takes", "Banks need **5 to 10** days.", slug="refunds", product="Billing")


def hide_everything_else():
    publish_text("Secret rules", "x", slug="secret-rules", audience="staff", product="Billing")
    publish_text(
        "Secret sale", "x", slug="secret-sale", product="Billing", valid_until=clock.today() - timedelta(days=1)
    )
    articles.create_article(
        title="Secret draft", body="x", slug="secret-draft", product="Billing", actor=articles.SYSTEM
    )
    gone = publish_text("Secret past", "x", slug="secret-past", product="Billing")
    articles.archive_article(article_id=gone.pk)


def data_of(html):
    return [
        json.loads(text) for text in re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    ]


# --- Pages ---------------------------------------------------------------------------------------
def test_a_category_lists_its_articles_with_their_beginnings(client, article):
    html = client.get(article.category.get_absolute_url()).content.decode()
    assert 'href="/help/refunds/"' in html
    assert "Banks need 5 to 10 days." in html


def test_an_unknown_category_is_not_found(client):
    assert client.get("/help/topics/nowhere/", headers={"accept": "text/html"}).status_code == 404


def test_hidden_articles_appear_nowhere(client, article, store):
    hide_everything_else()
    ingestion.index_waiting()
    for address in (
        "/help/",
        "/help/topics/billing/",
        "/help/refunds/",
        "/help/search?q=secret+rules+of+the+past",
        "/help/sitemap.xml",
    ):
        html = client.get(address).content.decode()
        assert "/help/secret-" not in html, address
        assert not re.search("Secret (rules|sale|draft|past)", html), address
    for slug in ("secret-rules", "secret-sale", "secret-draft", "secret-past"):
        assert client.get(f"/help/{slug}/", headers={"accept": "text/html"}).status_code == 404
        assert client.post(f"/help/{slug}/feedback", {"helped": "yes"}).status_code == 404


def test_a_page_says_where_it_stands_and_who_publishes_it(client, article):
    html = client.get("/help/refunds/").content.decode()
    assert '<link rel="canonical" href="https://help.fernway.example/help/refunds/">' in html
    assert '<meta name="description" content="Banks need 5 to 10 days.">' in html
    assert '<meta property="og:type" content="article">' in html
    assert '<a href="/help/topics/billing/">Billing</a>' in html
    crumbs, described = data_of(html)
    assert [entry["name"] for entry in crumbs["itemListElement"]] == [
        "Fernway help",
        "Billing",
        "How long a refund takes",
    ]
    assert described["@type"] == "Article"
    assert described["dateModified"] == article.published_at.isoformat()
    assert described["publisher"]["name"] == "Fernway"


def test_a_page_of_questions_is_described_as_one(client, article):
    publish_text("Questions", "## Is it free?\n\nYes.\n\n## Can I leave?\n\nAny time.\n", slug="faq")
    kinds = [entry["@type"] for entry in data_of(client.get("/help/faq/").content.decode())]
    assert kinds == ["BreadcrumbList", "Article", "FAQPage"]


def test_no_title_can_leave_the_structured_data(client, article):
    publish_text('</script><script>alert("1")</script>', "x", slug="bad")
    html = client.get("/help/bad/").content.decode()
    assert "<script>alert" not in html
    assert data_of(html)[1]["headline"] == '</script><script>alert("1")</script>'


def test_search_pages_are_for_people_only(client, article, store):
    assert '<meta name="robots" content="noindex">' in client.get("/help/search", {"q": "refund"}).content.decode()


def test_a_help_center_in_two_languages_offers_both_and_lists_one(client, article):
    publish_text("Erstattungen", "x", slug="erstattungen", language="de", translation_of=article, product="Billing")
    home = client.get("/help/", {"lang": "de"}).content.decode()
    assert "Erstattungen" in home
    assert "How long a refund takes" not in home
    page = client.get("/help/refunds/").content.decode()
    assert 'hreflang="de" href="https://help.fernway.example/help/erstattungen/"' in page
    assert "Deutsch" in page
    assert '<article lang="de"' in client.get("/help/erstattungen/").content.decode()


def test_a_help_center_in_one_language_offers_no_choice(client, article):
    assert "hreflang" not in client.get("/help/refunds/").content.decode()


# --- Speed ---------------------------------------------------------------------------------------
def test_a_page_that_did_not_change_is_not_sent_again(client, article):
    for address in ("/help/", "/help/refunds/", "/help/topics/billing/"):
        first = client.get(address)
        assert first["Cache-Control"] == "public, no-cache"
        assert "Cookie" not in first.get("Vary", "")
        assert client.get(address, headers={"if-none-match": first["ETag"]}).status_code == 304
        articles.revise_article(article_id=article.pk, title=f"{article.title}!", body=address, actor=articles.SYSTEM)
        assert client.get(address, headers={"if-none-match": first["ETag"]}).status_code == 200


def test_who_knows_no_etag_is_told_by_time_that_nothing_changed(client, article):
    for address in ("/help/", "/help/refunds/", "/help/topics/billing/"):
        changed = client.get(address)["Last-Modified"]
        assert client.get(address, headers={"if-modified-since": changed}).status_code == 304


@pytest.mark.parametrize("what", ["text", "another page", "category", "vote", "day", "brand"])
def test_whatever_changes_a_page_makes_its_time_later(client, article, what):
    # A day on, lest the beginning of this process be the latest change of all.
    changes = {
        "text": lambda: articles.revise_article(article_id=article.pk, title="New", body="New", actor=articles.SYSTEM),
        "another page": lambda: publish_text("Refunds abroad", "x", slug="abroad", product="Billing"),
        "category": lambda: Category.objects.get().save(),
        "vote": lambda: give_feedback(article=article, visitor="a", address="a", is_helpful=True),
        "brand": lambda: Brand.objects.get().save(),
        "day": lambda: None,
    }
    with clock.moved(timedelta(days=2, hours=1) if what == "day" else timedelta(days=1, hours=1)):
        changes[what]()
        now = client.get("/help/refunds/")["Last-Modified"]
    with clock.moved(timedelta(days=1)):
        before = client.get("/help/refunds/") if what == "day" else None
    assert parse_http_date(now) > (parse_http_date(before["Last-Modified"]) if before else clock.now().timestamp())


def test_a_page_is_found_without_the_slash_at_its_end(client, article):
    assert client.get("/help/refunds?lang=en")["Location"] == "/help/refunds/?lang=en"
    assert client.get("/help/refunds", follow=True).status_code == 200


def test_a_refusal_is_kept_by_nobody(client, article):
    response = client.get("/help/nowhere/", headers={"accept": "text/html"})
    assert (response.status_code, response["Cache-Control"]) == (404, "no-store")
    assert not response.has_header("ETag")


def test_pages_cost_the_same_however_many_articles_there_are(client, article, django_assert_num_queries):
    costs = {"/help/": 3, "/help/refunds/": 5, "/help/topics/billing/": 5, "/help/sitemap.xml": 4}
    for count in (3, 30):
        for number in range(count):
            publish_text(f"Page {count}.{number}", "x", product="Billing" if number % 2 else f"Shelf {number}")
        for address, queries in costs.items():
            with django_assert_num_queries(queries):
                client.get(address)


# --- Search --------------------------------------------------------------------------------------
def test_while_somebody_types_only_the_results_are_sent(client, article, store):
    ingestion.index_waiting()
    html = client.get("/help/search", {"q": "how long does a refund take"}, headers=HTMX).content.decode()
    assert "<html" not in html
    assert "data-hit><b>How long a refund takes</b>" in html
    assert client.get("/help/search", {"q": "h"}, headers=HTMX).content.decode().strip() == ""


def test_a_question_without_a_good_answer_is_handed_to_the_widget_and_counted_once_sent(client, article, store):
    ingestion.index_waiting()
    asked = {"q": "what is the weather in Paris today"}
    typed = client.get("/help/search", asked, headers=HTMX).content.decode()
    assert 'data-question="what is the weather in Paris today"' in typed
    assert not OutboxEvent.objects.filter(name__endswith="SearchUnanswered").exists()
    client.get("/help/search", asked)
    assert OutboxEvent.objects.filter(name__endswith="SearchUnanswered").count() == 1


def test_an_address_cannot_search_without_end(client, settings, store):
    settings.HELP_SEARCHES_PER_MINUTE = 1
    with clock.moved(timedelta(days=50)):
        assert client.get("/help/search", {"q": "refund"}).status_code == 200
        assert client.get("/help/search", {"q": "refund"}, headers={"accept": "text/html"}).status_code == 429
        assert client.get("/help/search", {"q": ""}).status_code == 200


# --- Votes ---------------------------------------------------------------------------------------
def test_a_reader_votes_once_and_may_add_words(client, article):
    first = client.post("/help/refunds/feedback", {"helped": "no"}, headers=HTMX)
    assert "What was missing?" in first.content.decode()
    assert first.cookies["help_visitor"]["httponly"]
    client.post("/help/refunds/feedback", {"helped": "no", "words": "Which banks?"}, headers=HTMX)
    vote = ArticleFeedback.objects.get()
    assert (vote.is_helpful, vote.words) == (False, "Which banks?")


def test_a_vote_without_scripts_gets_a_page(client, article):
    html = client.post("/help/refunds/feedback", {"helped": "yes"}).content.decode()
    assert "Good to know." in html
    assert "Back to the page" in html


@pytest.mark.parametrize("sent", [{}, {"helped": "maybe"}])
def test_what_is_no_vote_leads_back_to_the_page(client, article, sent):
    assert client.post("/help/refunds/feedback", sent)["Location"] == "/help/refunds/"
    assert not ArticleFeedback.objects.exists()


@pytest.mark.parametrize("headers", [{"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}])
def test_another_site_cannot_vote_for_a_reader(client, article, headers):
    assert client.post("/help/refunds/feedback", {"helped": "yes"}, headers=headers).status_code == 403
    assert not ArticleFeedback.objects.exists()


def test_a_forged_cookie_is_only_a_new_reader(client, article):
    client.cookies["help_visitor"] = "made-up:signature"
    assert client.post("/help/refunds/feedback", {"helped": "yes"}).status_code == 200
    assert ArticleFeedback.objects.count() == 1


def test_votes_are_shown_when_they_are_enough(client, article):
    for number in range(9):
        give_feedback(article=article, visitor=str(number), address=str(number), is_helpful=number > 0)
    assert "readers said yes" not in client.get("/help/refunds/").content.decode()
    give_feedback(article=article, visitor="9", address="9", is_helpful=True)
    assert "9 of 10 readers said yes." in client.get("/help/refunds/").content.decode()


# --- Search engines ------------------------------------------------------------------------------
def test_the_sitemap_lists_pages_and_categories_with_their_last_change(client, article):
    tree = ET.fromstring(client.get("/help/sitemap.xml").content)
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    found = {url.find(f"{space}loc").text: url.find(f"{space}lastmod").text for url in tree}
    assert list(found) == [
        "https://help.fernway.example/help/",
        "https://help.fernway.example/help/topics/billing/",
        "https://help.fernway.example/help/refunds/",
    ]
    changed = found["https://help.fernway.example/help/refunds/"] or ""
    assert changed.startswith(article.published_at.date().isoformat())


def test_a_long_sitemap_comes_in_parts(client, article, monkeypatch):
    monkeypatch.setattr("knowledge.views.crawlers.MOST_ADDRESSES", 1)
    publish_text("Export", "x", slug="export")
    index = client.get("/help/sitemap.xml").content.decode()
    assert "https://help.fernway.example/help/sitemap.xml?p=2" in index
    second = client.get("/help/sitemap.xml", {"p": 2}).content.decode()
    assert "/help/export/" in second
    assert "/help/refunds/" not in second
    assert client.get("/help/sitemap.xml", {"p": "x"}).status_code == 404


def test_an_empty_help_center_has_a_sitemap(client, settings):
    settings.PUBLIC_URL = "https://help.fernway.example"
    assert "<loc>https://help.fernway.example/help/</loc>" in client.get("/help/sitemap.xml").content.decode()


def test_robots_are_let_into_the_help_center_alone(client, settings):
    settings.PUBLIC_URL = "https://help.fernway.example"
    text = client.get(reverse("robots")).content.decode()
    assert "Disallow: /\n" in text
    assert "Allow: /help/\n" in text
    assert "Sitemap: https://help.fernway.example/help/sitemap.xml" in text


def test_staff_who_are_signed_in_get_the_same_public_page(client, article):
    before = client.get("/help/refunds/").content
    client.force_login(UserFactory(role="admin"))
    assert client.get("/help/refunds/").content == before
    assert Category.objects.count() == 1
