"""The help center speaks the language of its pages, or the reader's where there is a choice."""

import re
from datetime import timedelta
from html import unescape
from xml.etree import ElementTree as ET

import polib
import pytest
from django.utils import translation

from accounts.tests.factories import BrandFactory
from knowledge import translations
from knowledge.models import Article, Category
from knowledge.services import ingestion
from knowledge.services.feedback import give_feedback
from knowledge.tests.factories import publish_text
from knowledge.views.help_languages import direction, spoken, wanted_by
from supportai.core import clock

pytestmark = pytest.mark.django_db
HTML = {"accept": "text/html"}
HTMX = {"HX-Request": "true"}
GERMAN = {"accept-language": "de-AT,de;q=0.9,en;q=0.5"}
TEXT = "## Dauer\n\nBanken brauchen fünf Tage.\n\n## Karten\n\nErstattungen gehen auf die Karte.\n\n1. Öffnen.\n2. Fertig.\n"
NAMES = {"Fernway"}


@pytest.fixture
def german(settings, store):
    """A help center in German alone, of which every kind of page has something to show."""
    settings.PUBLIC_URL = "https://hilfe.fernway.example"
    BrandFactory(name="Fernway", slug="fernway", languages=["de"])
    article = publish_text(
        "Wie lange eine Erstattung dauert", TEXT, slug="erstattungen", language="de", product="Abrechnung",
        valid_until=clock.today() + timedelta(days=90),
    )  # fmt: skip
    Article.objects.filter(pk=article.pk).update(origin="learned")
    for number in range(8):
        publish_text(f"Seite {number}", "Inhalt.", slug=f"seite-{number}", language="de", product="Abrechnung")
        publish_text(f"Blatt {number}", "Inhalt.", slug=f"blatt-{number}", language="de")
    for number in range(12):
        give_feedback(article=article, visitor=str(number), address=str(number), is_helpful=number > 2)
    Category.objects.update(description="Alles rund um Geld.")
    ingestion.index_waiting()
    return article


@pytest.fixture
def both(settings):
    """English and German, of which one page says the same in both."""
    settings.PUBLIC_URL = "https://help.fernway.example"
    BrandFactory(name="Fernway", slug="fernway")
    first = publish_text("Refunds", "Five days.", slug="refunds", product="Billing")
    publish_text("Invite", "Open Team.", slug="invite", product="Team")
    return publish_text(
        "Erstattungen", "Fünf Tage.", slug="erstattungen", language="de", product="Billing", translation_of=first
    )


# --- No English word on a German page --------------------------------------------------------------
WORD = re.compile(r"[^\W\d_]+")
SAID = re.compile(
    r'(?:aria-label|placeholder|title|alt|data-found|data-question|data-busy|data-down|data-failed|content)="([^"]*)"'
)
# What is written for machines.
NOT_WORDS = re.compile(
    r'<meta name="(?:viewport|color-scheme|robots|htmx-config)"[^>]*>|<meta property="(?:og:type|og:url|article:modified_time)"[^>]*>'
)


def words_of(html: str) -> set[str]:
    """Give every word that a reader, a screen reader or a search result shows of a page."""
    html = NOT_WORDS.sub("", html)
    said = SAID.findall(html)
    text = re.sub(r"<(script|style|svg).*?</\1>", " ", html, flags=re.DOTALL)
    return {word for part in (re.sub(r"<[^>]+>", " ", text), *said) for word in WORD.findall(unescape(part))}


def german_words() -> set[str]:
    catalogue = polib.pofile(str(translations.LOCALE / "de" / "LC_MESSAGES" / "django.po"))
    said = [text for entry in catalogue for text in (entry.msgstr, *entry.msgstr_plural.values())]
    with translation.override("de"):
        from django.utils.dates import MONTHS

        months = [str(month) for month in MONTHS.values()]
    content = [TEXT, "Wie lange eine Erstattung dauert", "Seite Blatt Inhalt Abrechnung", "Alles rund um Geld", *NAMES]
    texts = [re.sub(r"%\(\w+\)s", " ", text) for text in (*said, *months, *content)]
    return {word for text in texts for word in WORD.findall(text)}


GERMAN_PAGES = (
    "/help/",
    "/help/topics/abrechnung/",
    "/help/topics/abrechnung/?page=2",
    "/help/erstattungen/",
    "/help/search",
    "/help/search?q=Wie+lange+dauert+eine+Erstattung",
    "/help/search?q=Blatt",
    "/help/nirgends/",
    "/help/topics/nirgends/",
    "/help/a/b/c/",
)


@pytest.mark.parametrize("address", GERMAN_PAGES)
def test_no_english_word_is_on_a_german_page(client, german, address, monkeypatch):
    monkeypatch.setattr("knowledge.views.helpcenter.ARTICLES_A_PAGE", 5)
    html = client.get(address, headers=HTML).content.decode()
    asked = set(WORD.findall(address.partition("q=")[2].replace("+", " ")))
    assert words_of(html) - german_words() - asked == set()
    assert '<html lang="de" dir="ltr">' in html


@pytest.mark.parametrize("sent", [{"helped": "yes"}, {"helped": "no"}, {"helped": "no", "words": "Tage"}])
def test_no_english_word_is_in_the_answer_to_a_vote(client, german, sent):
    for headers in (HTML, HTML | HTMX):
        html = client.post("/help/erstattungen/feedback", sent, headers=headers).content.decode()
        assert words_of(html) - german_words() == set()


def test_no_english_word_is_in_a_refusal(client, german, settings):
    refused = client.post(
        "/help/erstattungen/feedback", {"helped": "yes"}, headers=HTML | {"sec-fetch-site": "cross-site"}
    )
    assert (refused.status_code, words_of(refused.content.decode()) - german_words()) == (403, set())
    settings.HELP_SEARCHES_PER_MINUTE = 0
    refused = client.get("/help/search?q=Tage", headers=HTML)
    assert (refused.status_code, words_of(refused.content.decode()) - german_words()) == (429, set())


def test_no_english_word_is_in_an_empty_help_center_of_a_german_brand(client):
    BrandFactory(name="Fernway", slug="fernway", languages=["de"])
    assert words_of(client.get("/help/").content.decode()) - german_words() == set()


def test_the_walk_would_see_an_english_word(client, german):
    html = client.get("/help/").content.decode().replace("</main>", '<a title="Hello">you</a></main>')
    assert words_of(html) - german_words() == {"Hello", "you"}


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fr", "Que voulez-vous faire"),
        ("es", "¿Qué quiere hacer?"),
        ("pt", "O que você quer fazer?"),
        ("nl", "Wat wil je doen?"),
    ],
)
def test_every_language_has_its_words(client, language, words):
    publish_text("Une page", "Texte.", slug="une-page", language=language)
    assert words in client.get("/help/").content.decode()


# --- Which language --------------------------------------------------------------------------------
def test_the_reader_s_language_chooses_where_there_is_a_choice_and_caches_know(client, both):
    english = client.get("/help/")
    german = client.get("/help/", headers=GERMAN)
    assert "What do you want to get done?" in english.content.decode()
    assert "Was möchten Sie erledigen?" in german.content.decode()
    assert "Erstattungen" in german.content.decode()
    assert "Accept-Language" in german["Vary"]
    assert german["Content-Language"] == "de"


def test_the_switch_wins_over_the_reader_s_language(client, both):
    chosen = client.get("/help/?lang=en", headers=GERMAN)
    assert "What do you want to get done?" in chosen.content.decode()
    assert "Accept-Language" not in chosen.get("Vary", "")


def test_an_article_speaks_its_own_language_to_everybody(client, both):
    page = client.get("/help/refunds/", headers=GERMAN)
    assert "Was this page helpful?" in page.content.decode()
    assert "Accept-Language" not in page.get("Vary", "")
    german = client.get("/help/erstattungen/").content.decode()
    assert "War diese Seite hilfreich?" in german
    assert 'href="/help/?lang=de"' in german
    assert 'aria-label="Link zu diesem Abschnitt"' not in client.get("/help/refunds/").content.decode()


def test_one_language_leaves_no_choice_to_the_reader(client):
    publish_text("Refunds", "Five days.", slug="refunds")
    page = client.get("/help/", headers=GERMAN)
    assert "What do you want to get done?" in page.content.decode()
    assert "Accept-Language" not in page.get("Vary", "")


def test_text_in_a_language_without_our_words_keeps_its_direction(client):
    publish_text("استرداد", "خمسة أيام.", slug="refund-ar", language="ar")
    html = client.get("/help/refund-ar/").content.decode()
    assert '<html lang="en" dir="ltr">' in html
    assert '<article lang="ar" dir="rtl">' in html


def test_a_page_of_staff_after_one_in_german_is_english(client, german):
    client.get("/help/")
    assert translation.get_language() == "en"


def test_scripts_get_a_problem_and_no_page(client, german):
    assert client.get("/help/nirgends/").json()["code"] == "article_not_found"


@pytest.mark.parametrize(
    ("accept", "offered", "wanted"),
    [
        ("de-AT,de;q=0.9", ["en", "de"], "de"),
        ("de", ["en", "de-ch"], "de-ch"),
        ("fr;q=0.2,de;q=0.8", ["fr", "de"], "de"),
        ("pt-BR", ["pt-br", "pt"], "pt-br"),
        ("ja,*;q=0.1", ["en"], ""),
        ("", ["en"], ""),
        ("\0;;q=,,", ["en"], ""),
    ],
)
def test_the_best_language_on_offer_is_taken(accept, offered, wanted):
    assert wanted_by(accept, offered) == wanted


def test_a_variety_speaks_its_language_and_an_unknown_one_english():
    assert [spoken(code) for code in ("de-AT", "pt_BR", "ja", "")] == ["de", "pt", "en", "en"]
    assert [direction(code) for code in ("he", "de", "xx")] == ["rtl", "ltr", "ltr"]


# --- Search engines --------------------------------------------------------------------------------
def test_lists_name_their_languages_and_the_address_that_chooses(client, both):
    html = client.get("/help/?lang=de").content.decode()
    base = "https://help.fernway.example/help/"
    assert f'<link rel="canonical" href="{base}?lang=de">' in html
    assert f'hreflang="en" href="{base}?lang=en"' in html
    assert f'hreflang="x-default" href="{base}"' in html
    assert "x-default" not in client.get("/help/refunds/").content.decode()


def test_the_sitemap_names_translations_where_they_are(client, both):
    tree = ET.fromstring(client.get("/help/sitemap.xml").content)
    space, xhtml = "{http://www.sitemaps.org/schemas/sitemap/0.9}", "{http://www.w3.org/1999/xhtml}"
    found = {
        url.findtext(f"{space}loc"): {(link.get("hreflang"), link.get("href")) for link in url.iter(f"{xhtml}link")}
        for url in tree
    }
    base = "https://help.fernway.example/help/"
    translated = {("en", f"{base}refunds/"), ("de", f"{base}erstattungen/")}
    assert found[f"{base}refunds/"] == found[f"{base}erstattungen/"] == translated
    assert found[f"{base}invite/"] == set()
    assert found[f"{base}?lang=de"] == {("en", f"{base}?lang=en"), ("de", f"{base}?lang=de"), ("x-default", base)}
    assert found[f"{base}topics/team/?lang=en"] == set()
    assert f"{base}topics/team/?lang=de" not in found
    assert base not in found


def test_a_translation_that_nobody_may_read_is_named_nowhere(client, both):
    Article.objects.filter(pk=both.pk).update(state="archived")
    assert "xhtml:link" not in client.get("/help/sitemap.xml").content.decode()
    assert "hreflang" not in client.get("/help/refunds/").content.decode()
