import pytest
from django.urls import reverse

from accounts.tests.factories import BrandFactory
from knowledge.errors import SearchUnavailableError
from knowledge.services import articles, ingestion
from knowledge.tests.factories import publish_text

pytestmark = pytest.mark.django_db

REFUND = (
    "We start refunds on the day they are decided. Banks need 5 to 10 business days until the money shows. "
    "Refunds always go to the card that paid."
)
INVITE = "## Invite a colleague\n\n1. Open **Team** and choose Invite.\n2. Enter the address.\n3. Choose a role.\n"


@pytest.fixture
def help_center(store):
    BrandFactory(name="Fernway", slug="fernway")
    publish_text("How long a refund takes", REFUND, slug="refunds", product="Billing")
    publish_text("Invite a colleague to your team", INVITE, slug="invite", product="Team")
    publish_text("Rules for agents", "Agents refund up to 100 dollars.", slug="rules", audience="staff")
    publish_text(
        "Webhooks", "Each delivery carries a signature over the raw body.", slug="webhooks", product="Developers"
    )
    ingestion.index_waiting()


def page(client, name, *args, **query):
    response = client.get(reverse(f"knowledge:{name}", args=args), query)
    assert response.status_code == 200
    return response.content.decode()


def test_the_first_page_lists_subjects_and_a_search_box(client, help_center):
    html = page(client, "home")
    assert "Billing" in html
    assert 'href="/help/refunds/"' in html
    assert 'role="search"' in html
    assert "Rules for agents" not in html
    assert 'data-brand="fernway"' in html


def test_an_empty_help_center_says_so(client):
    assert "Nothing is published yet" in page(client, "home")


def test_a_sure_answer_is_marked_as_made_by_the_ai_and_cites_its_source(client, help_center):
    html = page(client, "search", q="how long does a refund take?")
    assert "Short answer, put together by the AI agent" in html
    assert "Banks need 5 to 10 business days" in html
    assert 'aria-label="Source 1: How long a refund takes"' in html
    assert "<mark>refunds</mark>" in html


def test_steps_are_a_numbered_list(client, help_center):
    html = page(client, "search", q="how do I invite a colleague?")
    assert '<ol class="help-steps">' in html
    assert "Open Team and choose Invite." in html


def test_an_unsure_search_says_so_and_offers_to_ask(client, help_center):
    html = page(client, "search", q="what is the weather in Paris?")
    assert "No page answers this for sure" in html
    assert "data-ask" in html
    assert "Short answer" not in html


def test_staff_articles_are_found_by_nobody(client, help_center):
    assert "Rules for agents" not in page(client, "search", q="refund rules for agents")
    assert client.get(reverse("knowledge:article", args=["rules"])).status_code == 404


def test_a_search_is_shown_as_text_never_as_code(client, help_center):
    html = page(client, "search", q='"><script>alert(1)</script>')
    assert "<script>alert(1)" not in html


@pytest.mark.parametrize("query", ["", "   ", "x" * 5000, "\0", "'; drop table"])
def test_any_query_gives_a_page(client, help_center, query):
    assert "What do you want to get done?" in page(client, "search", q=query)


def test_an_article_has_contents_and_related_pages(client, help_center):
    publish_text("Two", "## One\n\nText.\n\n## Two\n\nText.\n", slug="two", product="Team")
    html = page(client, "article", "two")
    assert 'href="#one"' in html
    assert '<h2 id="one">One <a class="help-anchor" href="#one"' in html
    assert 'href="/help/invite/"' in html


def test_an_article_with_one_heading_has_no_contents_list(client, help_center):
    assert "On this page" not in page(client, "article", "invite")


def test_an_archived_article_is_gone(client, help_center):
    article = publish_text("Old", "x", slug="old")
    articles.archive_article(article_id=article.pk)
    assert client.get(reverse("knowledge:article", args=["old"]), headers={"accept": "text/html"}).status_code == 404


def test_only_reading_is_allowed(client):
    assert client.post(reverse("knowledge:home")).status_code == 405


def test_pages_need_no_brand(client, store):
    publish_text("Export", "x", slug="export")
    assert "widget.js" not in page(client, "article", "export")


def test_the_first_page_asks_the_database_a_fixed_number_of_questions(
    client, help_center, django_assert_max_num_queries
):
    with django_assert_max_num_queries(6):
        page(client, "home")


def test_a_search_that_cannot_be_made_says_so_without_technical_words(client, help_center, monkeypatch):
    def down(**_query):
        raise SearchUnavailableError("Elasticsearch does not answer (ConnectionError).")

    monkeypatch.setattr("knowledge.views.help_search.find", down)
    response = client.get(reverse("knowledge:search"), {"q": "refund"})
    html = response.content.decode()
    assert response.status_code == 503
    assert "Search is not available right now." in html
    assert "Elasticsearch" not in html
