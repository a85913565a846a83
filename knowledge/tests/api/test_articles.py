import pytest
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.factories import ApiTokenFactory, UserFactory
from knowledge.models import Article
from knowledge.services import ingestion
from knowledge.tests.factories import publish_text

pytestmark = pytest.mark.django_db

URL = "/api/v1/articles/"


def client_for(role=User.Role.LEAD, **token):
    ApiTokenFactory(user=UserFactory(role=role), **token)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION="Bearer sai_test")
    return client


@pytest.fixture
def api():
    return client_for()


def test_an_article_is_written_and_read(api):
    made = api.post(URL, {"title": "Export", "body": "Open **it**.", "product": "Reports"})
    assert made.status_code == 201
    body = api.get(f"{URL}{made.json()['id']}/").json()
    assert (body["slug"], body["state"], body["body"], body["product"]) == (
        "export",
        "published",
        "Open **it**.",
        "Reports",
    )
    assert body["url"] == "/help/export/"
    assert not body["is_indexed"]


def test_an_idempotency_key_writes_once(api):
    given = {"title": "Export", "body": "x"}
    first = api.post(URL, given, headers={"Idempotency-Key": "k1"})
    again = api.post(URL, given, headers={"Idempotency-Key": "k1"})
    assert first.json()["id"] == again.json()["id"]
    assert Article.objects.count() == 1


def test_a_draft_stays_a_draft(api):
    made = api.post(URL, {"title": "Export", "body": "x", "is_published": False}).json()
    assert (made["state"], made["body"]) == ("draft", "x")


def test_a_change_is_a_revision_and_leaves_the_rest(api):
    article = publish_text("Export", "Old.", product="Reports")
    body = api.patch(f"{URL}{article.public_id}/", {"body": "New.", "audience": "staff"}).json()
    assert (body["title"], body["body"], body["audience"], body["product"]) == ("Export", "New.", "staff", "Reports")
    assert article.revisions.count() == 2


def test_deleting_archives(api):
    article = publish_text("Export", "x")
    assert api.delete(f"{URL}{article.public_id}/").status_code == 204
    article.refresh_from_db()
    assert article.state == Article.State.ARCHIVED


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"body": "x"}, "title"),
        ({"title": "x"}, "body"),
        ({"title": "x", "body": "y", "slug": "no spaces"}, "slug"),
        ({"title": "x", "body": "y", "audience": "nobody"}, "audience"),
        ({"title": "x" * 301, "body": "y"}, "title"),
    ],
)
def test_bad_input_names_the_field(api, given, field):
    answer = api.post(URL, given)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert field in answer.json()["errors"]


def test_a_taken_slug_is_a_conflict(api):
    publish_text("Export", "x", slug="export")
    answer = api.post(URL, {"title": "y", "body": "y", "slug": "export"})
    assert (answer.status_code, answer.json()["code"]) == (409, "slug_taken")


def test_lists_are_filtered_without_a_query_per_row(api, django_assert_max_num_queries):
    for number in range(5):
        publish_text(f"Export {number}", "x", product="Reports")
    publish_text("Invite", "x", product="Team")
    with django_assert_max_num_queries(8):
        rows = api.get(URL, {"product": "Reports", "title": "EXPORT"}).json()["results"]
    assert len(rows) == 5


def test_an_agent_reads_and_may_not_write():
    api = client_for(User.Role.AGENT)
    article = publish_text("Export", "x")
    assert api.get(f"{URL}{article.public_id}/").status_code == 200
    for answer in (
        api.post(URL, {"title": "a", "body": "b"}),
        api.patch(f"{URL}{article.public_id}/", {"body": "b"}),
        api.delete(f"{URL}{article.public_id}/"),
    ):
        assert answer.status_code == 403


def test_a_reading_token_may_not_write():
    api = client_for(scopes=["read"])
    assert api.post(URL, {"title": "a", "body": "b"}).status_code == 403


def test_nobody_reads_without_a_token():
    assert APIClient().get(URL).status_code == 401
    assert APIClient().get("/api/v1/search/", {"q": "x"}).status_code == 401


def test_search_finds_passages_and_an_answer(api, store):
    publish_text("Export your data", "1. Open **Reports**.\n2. Choose **Export** there.\n", slug="export")
    publish_text("Rules", "Agents may export everything.", slug="rules", audience="staff")
    ingestion.index_waiting()
    body = api.get("/api/v1/search/", {"q": "how do I export my data", "limit": 1}).json()
    assert [row["slug"] for row in body["results"]] == ["export"]
    assert [(s["mark"], s["text"]) for s in body["answer"]] == [("1.", "Open Reports."), ("2.", "Choose Export there.")]
    assert 0 <= body["probability"] <= 1
    staff = api.get("/api/v1/search/", {"q": "what may agents export", "audience": "staff"}).json()
    assert staff["results"][0]["slug"] == "rules"


@pytest.mark.parametrize(
    "params", [{}, {"q": ""}, {"q": "x", "limit": 0}, {"q": "x", "limit": 99}, {"q": "x", "audience": "all"}]
)
def test_a_bad_search_is_refused(api, params):
    assert api.get("/api/v1/search/", params).status_code == 400


def test_a_title_alone_keeps_the_text(api):
    article = publish_text("Export", "Open it.")
    body = api.patch(f"{URL}{article.public_id}/", {"title": "Exports"}).json()
    assert (body["title"], body["body"]) == ("Exports", "Open it.")


def test_a_draft_is_published_by_saying_so(api):
    made = api.post(URL, {"title": "Export", "body": "x", "is_published": False}).json()
    assert api.patch(f"{URL}{made['id']}/", {"is_published": True}).json()["state"] == "published"


def test_a_new_text_can_wait_as_a_draft_while_readers_see_the_old_one(api):
    article = publish_text("Export", "Old.")
    body = api.patch(f"{URL}{article.public_id}/", {"body": "New.", "is_published": False}).json()
    assert (body["state"], body["body"]) == ("published", "Old.")
    assert article.revisions.count() == 2


def test_a_draft_of_nothing_is_refused(api):
    article = publish_text("Export", "Old.")
    response = api.patch(f"{URL}{article.public_id}/", {"is_published": False})
    assert set(response.json()["errors"]) == {"is_published"}


def test_an_empty_change_changes_nothing(api):
    article = publish_text("Export", "Old.")
    before = api.get(f"{URL}{article.public_id}/").json()
    assert api.patch(f"{URL}{article.public_id}/", {}).json() == before


def test_all_of_a_change_happens_or_nothing(api):
    publish_text("Taken", "x")
    article = publish_text("Export", "Old.")
    response = api.patch(f"{URL}{article.public_id}/", {"slug": "exports", "body": " \n "})
    assert response.status_code == 422
    article.refresh_from_db()
    assert article.slug == "export"


def test_a_taken_address_is_a_conflict(api):
    publish_text("Taken", "x")
    article = publish_text("Export", "Old.")
    response = api.patch(f"{URL}{article.public_id}/", {"slug": "taken"})
    assert (response.status_code, response.json()["code"]) == (409, "slug_taken")


@pytest.mark.parametrize("field", ["id", "state", "url", "nonsense"])
def test_what_cannot_be_said_is_refused(api, field):
    response = api.post(URL, {"title": "Export", "body": "x", field: "y"})
    assert set(response.json()["errors"]) == {field}
    assert not Article.objects.exists()


def test_drafts_are_listed_without_a_query_each(api, django_assert_max_num_queries):
    for number in range(4):
        api.post(URL, {"title": f"Draft {number}", "body": f"Text {number}", "is_published": False})
    with django_assert_max_num_queries(4):
        rows = api.get(URL).json()["results"]
    assert [row["body"] for row in rows] == ["Text 3", "Text 2", "Text 1", "Text 0"]


def test_category_and_last_day_are_written_by_name_and_day(api):
    made = api.post(URL, {"title": "Sale", "body": "x", "category": "Prices", "valid_until": "2999-01-31"}).json()
    assert (made["category"], made["valid_until"]) == ("Prices", "2999-01-31")
    changed = api.patch(f"{URL}{made['id']}/", {"category": "prices", "valid_until": None}, format="json").json()
    assert (changed["category"], changed["valid_until"]) == ("Prices", None)
    moved = api.patch(f"{URL}{made['id']}/", {"category": "Offers"}).json()
    assert moved["category"] == "Offers"
    assert api.post(URL, {"title": "Lone", "body": "x"}).json()["category"] is None
    assert api.post(URL, {"title": "Sale", "body": "x", "valid_until": "soon"}).status_code == 400
