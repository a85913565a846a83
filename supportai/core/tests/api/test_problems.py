"""The REST API's shared manners: problems, pages, doing things once."""

import json

import pytest
from django.core.cache import cache
from django.http import Http404
from rest_framework.exceptions import AuthenticationFailed, Throttled, ValidationError
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from accounts.models import User
from supportai.core.api import IDEMPOTENCY_SECONDS, MAX_KEY_LENGTH, once, problem_handler
from supportai.core.errors import DomainError, InvalidInputError, TooManyRequestsError


def problem(error: Exception):
    return problem_handler(error, {"request": None, "view": None})


class TestProblems:
    def test_a_refusal_keeps_its_code_status_and_facts(self):
        response = problem(TooManyRequestsError("Slow down.", retry_after=7))
        assert response.status_code == 429
        assert response.content_type == "application/problem+json"
        assert response.data == {
            "type": "/problems/too_many_requests",
            "title": "Slow down.",
            "status": 429,
            "code": "too_many_requests",
            "retry_after": 7,
        }

    def test_invalid_fields_are_listed(self):
        response = problem(ValidationError({"email": ["Enter a valid address."]}))
        assert response.status_code == 400
        assert response.data["errors"] == {"email": ["Enter a valid address."]}
        assert response.data["title"]

    def test_a_list_of_errors_is_kept(self):
        assert problem(ValidationError(["No."])).data["errors"] == ["No."]

    def test_framework_errors_keep_their_headers(self):
        response = problem(Throttled(wait=30))
        assert response["Retry-After"] == "30"
        assert response.data["code"] == "throttled"

    def test_a_missing_object_is_a_problem_too(self):
        assert problem(Http404()).data["status"] == 404

    def test_authentication_says_nothing_else(self):
        assert problem(AuthenticationFailed("No.")).data["title"] == "No."

    def test_a_defect_is_not_hidden(self):
        assert problem(ZeroDivisionError()) is None

    def test_every_refusal_has_a_code_and_a_client_status(self):
        def family(kind):
            return {kind, *(sub for child in kind.__subclasses__() for sub in family(child))}

        for kind in family(DomainError):
            assert kind.code
            assert 400 <= kind.status < 500


@pytest.fixture
def calls():
    cache.clear()
    return []


def request(key: str = "", body: dict | None = None, path: str = "/api/v1/things/", user_id: int = 1) -> Request:
    headers = {"HTTP_IDEMPOTENCY_KEY": key} if key else {}
    raw = APIRequestFactory().post(path, json.dumps(body or {}), content_type="application/json", **headers)
    made = Request(raw, parsers=[JSONParser()])
    made.user = User(pk=user_id)
    return made


def maker(calls: list):
    def create() -> tuple[dict, int]:
        calls.append(1)
        return {"number": len(calls)}, 201

    return create


class TestOnce:
    def test_without_a_key_each_request_counts(self, calls):
        assert once(request(), maker(calls)).data == {"number": 1}
        assert once(request(), maker(calls)).data == {"number": 2}

    def test_the_same_key_gives_the_first_answer_again(self, calls):
        first = once(request("k1", {"a": 1}), maker(calls))
        again = once(request("k1", {"a": 1}), maker(calls))
        assert (again.data, again.status_code) == (first.data, 201)
        assert again["Idempotent-Replayed"] == "true"
        assert calls == [1]

    def test_the_order_of_fields_does_not_matter(self, calls):
        once(request("k1", {"a": 1, "b": 2}), maker(calls))
        once(request("k1", {"b": 2, "a": 1}), maker(calls))
        assert calls == [1]

    def test_the_same_key_with_another_body_is_refused(self, calls):
        once(request("k1", {"a": 1}), maker(calls))
        with pytest.raises(InvalidInputError):
            once(request("k1", {"a": 2}), maker(calls))
        assert calls == [1]

    def test_keys_belong_to_their_user_and_address(self, calls):
        once(request("k1"), maker(calls))
        once(request("k1", user_id=2), maker(calls))
        once(request("k1", path="/api/v1/others/"), maker(calls))
        assert len(calls) == 3

    def test_what_failed_may_be_tried_again_with_the_same_key(self, calls):
        def failing():
            raise InvalidInputError("No.")

        with pytest.raises(InvalidInputError):
            once(request("k1"), failing)
        assert once(request("k1"), maker(calls)).status_code == 201

    def test_a_key_that_is_too_long_is_refused(self, calls):
        with pytest.raises(InvalidInputError):
            once(request("k" * (MAX_KEY_LENGTH + 1)), maker(calls))

    def test_a_key_is_remembered_for_a_day(self):
        assert IDEMPOTENCY_SECONDS == 86_400
