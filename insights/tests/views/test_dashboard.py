"""The dashboard as a lead sees it, and as others do not."""

import csv
import io
import re
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest
from django.urls import reverse

from accounts.services.staff import ensure_roles
from accounts.tests.factories import TeamFactory, UserFactory
from insights import words
from insights.rules import RULE, VERSION
from insights.tests.factories import ago, ended, opened, replied, returned
from tickets.models import Message
from tickets.tests.factories import CsatFactory, HandoffFactory

pytestmark = pytest.mark.django_db
PAGE = "/insights/"
HTMX = {"HX-Request": "true"}


def html(client, address: str = PAGE, **headers) -> str:
    response = client.get(address, headers=headers or None)
    assert response.status_code == 200, response.content[:300]
    return response.content.decode()


@pytest.fixture
def history(db):
    team = TeamFactory(slug="billing", name="Billing <&> Co")
    for number in range(33):
        ticket = ended(ago(days=number % 6 + 1), "people" if number % 3 else "verified", team=team)
        replied(ticket, Message.Author.AI_AGENT, ticket.created_at + timedelta(seconds=5))
        CsatFactory(ticket=ticket, score=number % 5 + 1, created_at=ago(hours=2))
    handed = opened(ago(days=1), handler="person")
    HandoffFactory(ticket=handed, reason="missing_knowledge", created_at=ago(hours=20))
    returned(ended(ago(days=4), "assumed"), after=timedelta(hours=5))


# ---- who sees it ----


@pytest.mark.parametrize(("role", "status"), [("agent", 403), ("lead", 200), ("admin", 200), ("ai_oversight", 200)])
def test_leads_admins_and_ai_oversight_see_it(client, role, status):
    ensure_roles()
    client.force_login(UserFactory(role=role))
    for address in (PAGE, "/insights/numbers.csv", "/insights/tickets/tickets/"):
        assert client.get(address).status_code == status
    assert (f'href="{PAGE}"' in client.get("/").content.decode()) is (status == 200)


def test_strangers_sign_in_first(client):
    assert client.get(PAGE)["Location"] == f"/login/?next={PAGE}"


def test_nothing_is_changed_here(lead):
    assert lead.post(PAGE).status_code == 405


# ---- what it says ----


def test_the_page_leads_with_its_finding(lead, history):
    text = html(lead)
    assert "In the last 7 days the AI agent resolved 11 of 35 tickets alone; 1 that it had resolved came back" in text
    assert "12 to 18 March 2026, today until 12:00" in text
    assert "compared with 5 to 11 March 2026" in text


def test_the_rule_is_written_on_the_page(lead):
    text = html(lead)
    assert f"What counts: rule {VERSION}" in text
    assert all(word in text and told.split(".")[0] in text for word, told in RULE)


def test_each_panel_states_population_and_method(lead, history):
    panels = re.findall(r'<section class="panel.*?</section>', html(lead), re.DOTALL)
    said = [panel for panel in panels if 'class="method"' in panel]
    assert len(said) >= 5
    assert len(panels) - len(said) <= 4, "only the rule and the short tables by intent, team and channel have none"


def test_an_empty_installation_explains_what_will_appear(lead):
    text = html(lead)
    assert "No tickets yet" in text
    assert "A rate appears from 30 cases on" in text


def test_an_empty_period_of_a_living_installation_shows_zeros(lead):
    opened(ago(days=40))
    text = html(lead)
    assert "In the last 7 days no ticket came in" in text
    assert "No tickets yet" not in text


def test_rates_of_few_are_counts(lead):
    CsatFactory(score=5, created_at=ago(hours=1))
    text = html(lead)
    assert "1 of 1" in text
    assert "too few for a rate" in text


def test_names_are_escaped(lead, history):
    text = html(lead)
    assert "Billing &lt;&amp;&gt; Co" in text
    assert "Billing <&>" not in text


# ---- markup ----


def test_every_chart_is_valid_and_has_its_numbers_beside_it(lead, history):
    text = html(lead)
    drawn = re.findall(r"<svg[^>]*viewBox.*?</svg>", text, re.DOTALL)
    assert len(drawn) > 10
    for svg in drawn:
        ET.fromstring(svg)
    alone = [svg for svg in drawn if 'role="img"' in svg]
    assert len(alone) == 3
    assert text.count("Show as a table") == 2


def test_the_page_obeys_the_content_security_policy(lead, history):
    main = html(lead).partition('<main id="main">')[2].partition("</main>")[0]
    assert not re.search(r"\sstyle=|\son\w+=|<script|<style|javascript:", main)


def test_ids_are_unique(lead, history):
    ids = re.findall(r'\sid="([^"]+)"', html(lead))
    assert len(ids) == len(set(ids))


def test_every_link_of_the_page_leads_somewhere(lead, history):
    text = html(lead)
    links = {link.replace("&amp;", "&") for link in re.findall(r'href="(/insights/[^"]*)"', text)}
    assert len([link for link in links if "/tickets/" in link]) > 20
    for link in sorted(links):
        assert lead.get(link).status_code == 200, link


# ---- choices ----


def test_with_htmx_only_the_figures_come(lead, history):
    response = lead.get(f"{PAGE}?days=30", headers=HTMX)
    text = response.content.decode()
    assert text.lstrip().startswith('<div class="page insights" id="insights">')
    assert "<html" not in text
    assert 'hx-push-url="true"' in text
    assert "In the last 30 days" in text


@pytest.mark.parametrize(("asked", "shown"), [("30", "30"), ("90", "90"), ("8", "7"), ("x", "7"), ("", "7")])
def test_other_numbers_of_days_are_seven(lead, asked, shown):
    text = html(lead, f"{PAGE}?days={asked}")
    assert re.search(rf'aria-current="true">{shown} days', text)


def test_dates_team_and_channel_are_chosen_by_a_plain_form(lead, history):
    text = html(lead, f"{PAGE}?from=2026-03-16&to=2026-03-17&team=billing&channel=widget")
    assert "From 16 to 17 March 2026 the AI agent resolved" in text
    assert "Billing &lt;&amp;&gt; Co, Widget only" in text
    assert '<option value="billing" selected>' in text
    assert 'value="2026-03-16"' in text


def test_links_keep_team_and_channel(lead, history):
    text = html(lead, f"{PAGE}?days=30&team=billing&channel=widget")
    links = re.findall(r'href="(/insights/(?:tickets/)?[^"]*\?[^"]*)"', text)
    assert links
    assert all("team=billing&amp;channel=widget" in link for link in links)


@pytest.mark.parametrize(
    "query", ["from=x&to=2026-03-01", "from=2026-03-02&to=2026-03-01", "from=2026-03-01&to=2030-01-01"]
)
def test_impossible_dates_are_refused_in_words(lead, query):
    for address in ("/insights/numbers.csv", "/insights/tickets/tickets/"):
        assert lead.get(f"{address}?{query}").status_code == 422


def test_impossible_dates_leave_the_form_at_hand(lead):
    text = html(lead, f"{PAGE}?from=2026-03-02&to=2026-03-01")
    assert "The period ends before it begins." in text
    assert 'name="from"' in text


def test_an_unknown_team_or_channel_counts_nothing_or_everything(lead, history):
    assert "no ticket came in" in html(lead, f"{PAGE}?team=nobody")
    assert "of 35 tickets" in html(lead, f"{PAGE}?channel=pigeon")


# ---- lists and file ----


def test_a_list_shows_its_tickets_and_the_way_back(lead, history):
    text = html(lead, "/insights/tickets/handoffs/?days=7&value=missing_knowledge")
    assert "Handed off: no article covers it" in text
    assert "1 ticket, 12 to 18 March 2026" in text
    assert f'href="{PAGE}?days=7"' in text
    assert text.count('class="subject"') == 1


def test_a_long_list_goes_on(lead):
    for _ in range(55):
        opened(ago(hours=1))
    text = html(lead, "/insights/tickets/tickets/?days=7")
    more = re.search(r'href="(\?[^"]*cursor=[^"]*)"', text).group(1).replace("&amp;", "&")
    assert text.count('class="subject"') == 50
    assert html(lead, f"/insights/tickets/tickets/{more}").count('class="subject"') == 5
    part = html(lead, f"/insights/tickets/tickets/{more}", **HTMX)
    assert part.count('class="subject"') == 5
    assert "<html" not in part


@pytest.mark.parametrize(
    ("figure", "value", "title"),
    [
        ("automated", "", "Resolved by the AI agent alone"),
        ("reversed_assumed", "", "Came back after: assumed"),
        ("first_reply_people", "95", "Handed off, then answered by a person: 1 min 35 s or longer"),
        ("backlog", "nobody", "Open now: wait for a person"),
        ("backlog_age", "older", "Open now: over 7 days"),
        ("channel", "email", "Tickets opened: E-mail"),
        ("team", "", "Tickets opened: no team"),
        ("team", "billing", "Tickets opened: Billing &lt;&amp;&gt; Co"),
        ("intent", "", "Tickets opened: intent not recognised"),
        ("intent", "gone", "Tickets opened: gone"),
        ("day", "2026-03-17", "Tickets opened: 17 March 2026"),
    ],
)
def test_lists_are_named_after_their_figure(lead, history, figure, value, title):
    text = html(lead, f"{reverse('insights:tickets', args=[figure])}?value={value}")
    assert f"<h1>{title}</h1>" in text.replace(words.GAP, " ")


def test_a_list_without_tickets_says_so(lead):
    assert "Nothing is counted here" in html(lead, "/insights/tickets/verified/")


@pytest.mark.parametrize(("address", "status"), [("profit/", 404), ("day/?value=x", 422), ("tickets/?cursor=x", 422)])
def test_a_list_that_does_not_exist_is_refused(lead, address, status):
    assert lead.get(f"/insights/tickets/{address}").status_code == status


def test_the_file_is_named_after_the_period(lead, history):
    response = lead.get("/insights/numbers.csv?days=7")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="insights-2026-03-12-2026-03-18.csv"'
    rows = list(csv.DictReader(io.StringIO(response.content.decode())))
    assert next(row["value"] for row in rows if row["figure"] == "tickets") == "35"


def test_the_page_takes_as_many_queries_for_many_tickets_as_for_few(lead, django_assert_max_num_queries, history):
    # Session, user, rights and the top bar beside the figures.
    with django_assert_max_num_queries(45):
        lead.get(PAGE)
