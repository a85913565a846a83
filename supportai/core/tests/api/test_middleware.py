"""Under /api/ nothing answers with a page, whatever goes wrong and wherever."""

import pytest
from django.http import HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.test import Client, RequestFactory

from accounts.tests.factories import ApiTokenFactory
from supportai.core.api.middleware import ApiMiddleware

PROBLEM = "application/problem+json"
KEY = {"Authorization": "Bearer sai_good"}


def through(response: HttpResponse, path: str = "/api/v1/things/") -> HttpResponse:
    return ApiMiddleware(lambda request: response)(RequestFactory().get(path))


@pytest.mark.parametrize("status", [400, 403, 404, 405, 413, 418, 500, 503])
def test_pages_of_errors_become_problems_without_their_text(status):
    answer = through(HttpResponse("<h1>secret</h1>", status=status))
    assert (answer.status_code, answer["Content-Type"]) == (status, PROBLEM)
    assert b"secret" not in answer.content


def test_problems_and_answers_pass_as_they_are():
    problem = JsonResponse({"code": "x"}, status=404, content_type=PROBLEM)
    assert through(problem) is problem
    page = HttpResponse("<h1>Docs</h1>")
    assert through(page) is page


def test_other_addresses_keep_their_pages():
    page = HttpResponse("<h1>Gone</h1>", status=404)
    assert through(page, path="/help/nothing/") is page
    assert not page.has_header("Cache-Control")


def test_allowed_methods_are_still_named():
    assert through(HttpResponseNotAllowed(["GET", "HEAD"]))["Allow"] == "GET, HEAD"


def test_developers_keep_the_debugger(settings):
    settings.DEBUG = True
    page = HttpResponse("<h1>Traceback</h1>", status=500)
    assert through(page) is page
    assert through(HttpResponse(status=404))["Content-Type"] == PROBLEM


def test_answers_are_kept_by_no_cache():
    assert through(HttpResponse())["Cache-Control"] == "no-store"


@pytest.fixture
def api(db) -> Client:
    ApiTokenFactory(secret="sai_good")
    return Client(headers=KEY, raise_request_exception=False)


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "code"),
    [
        ("get", "/api/", {}, 404, "not_found"),
        ("get", "/api/v1/", {}, 404, "not_found"),
        ("post", "/api/v1/tickets", {"data": "{}", "content_type": "application/json"}, 404, "not_found"),
        ("get", "/api/v1/tickets/17/", {}, 404, "not_found"),
        ("get", "/api/v1/tickets/%00/", {}, 404, "not_found"),
        ("get", "/api/v2/tickets/", {}, 404, "not_found"),
        ("delete", "/api/v1/tickets/", {}, 405, "method_not_allowed"),
        ("options", "/api/v1/tickets/", {}, 405, "method_not_allowed"),
        ("trace", "/api/v1/tickets/", {}, 405, "method_not_allowed"),
        ("get", "/api/v1/tickets/", {"headers": {"Accept": "text/html"}}, 406, "not_acceptable"),
        ("get", "/api/v1/tickets/", {"headers": {"Accept": ";;;"}}, 406, "not_acceptable"),
        ("post", "/api/v1/tickets/", {"data": "a=1", "content_type": "text/plain"}, 415, "unsupported_media_type"),
        ("post", "/api/v1/tickets/", {"data": {"a": "1"}}, 415, "unsupported_media_type"),
        ("post", "/api/v1/tickets/", {"data": "{", "content_type": "application/json"}, 400, "parse_error"),
        ("get", "/api/v1/tickets/?cursor=x", {}, 400, "invalid"),
        ("get", "/api/v1/tickets/?format=xml", {}, 400, "invalid"),
        ("get", "/api/v1/tickets/?" + "&".join(f"a{n}=1" for n in range(1500)), {}, 400, "bad_request"),
        ("get", "/api/v1/tickets/", {"headers": {"Host": "evil.example"}}, 400, "bad_request"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_every_error_is_a_problem(api, method, path, options, status, code):
    response = getattr(api, method)(path, **options)
    assert (response.status_code, response["Content-Type"]) == (status, PROBLEM), response.content[:300]
    body = response.json()
    assert (body["status"], body["code"], body["type"]) == (status, code, f"/problems/{code}")
    assert body["detail"]
    assert "Traceback" not in response.content.decode()


def test_a_body_that_is_too_large_is_refused(api, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    response = api.post("/api/v1/tickets/", {"text": "x" * 2000}, content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")


def test_a_defect_says_nothing_of_itself(api, monkeypatch):
    def broken() -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr("accounts.selectors.contacts", broken)
    response = api.get("/api/v1/contacts/")
    assert (response.status_code, response["Content-Type"]) == (500, PROBLEM)
    assert response.json()["code"] == "server_error"
    assert b"secret" not in response.content
    assert response["X-Request-Id"]


def test_who_has_no_token_is_told_how_to_sign_in(db):
    response = Client().get("/api/v1/tickets/")
    assert (response.status_code, response["Content-Type"]) == (401, PROBLEM)
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'
