"""A key does one thing once, whoever repeats it and when."""

import json
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from accounts.models import Organization, User
from accounts.tests.factories import OrganizationFactory
from supportai.core import clock
from supportai.core.api.idempotency import KEPT_FOR, MAX_KEY_LENGTH, KeyReusedError, forget_answers, once
from supportai.core.errors import InvalidInputError
from supportai.core.models import IdempotentAnswer


@pytest.fixture
def calls():
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


@pytest.mark.django_db
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
        with pytest.raises(KeyReusedError):
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

    def test_after_a_day_the_key_names_another_request(self, calls):
        once(request("k1", {"a": 1}), maker(calls))
        with clock.moved(KEPT_FOR + timedelta(seconds=1)):
            assert once(request("k1", {"a": 2}), maker(calls)).data == {"number": 2}
            assert once(request("k1", {"a": 2}), maker(calls))["Idempotent-Replayed"] == "true"
        assert calls == [1, 1]

    def test_what_was_done_and_its_answer_are_stored_together_or_not_at_all(self):
        def half():
            OrganizationFactory(name="Northwind")
            raise InvalidInputError("No.")

        with pytest.raises(InvalidInputError):
            once(request("k1"), half)
        assert not Organization.objects.exists()
        assert not IdempotentAnswer.objects.exists()

    def test_methods_of_one_address_do_not_meet(self, calls):
        once(request("k1"), maker(calls))
        changed = request("k1")
        changed._request.method = "PATCH"
        once(changed, maker(calls))
        assert len(calls) == 2

    def test_answers_are_forgotten_after_their_day(self, calls):
        once(request("k1"), maker(calls))
        assert forget_answers() == 0
        with clock.moved(KEPT_FOR + timedelta(seconds=1)):
            assert forget_answers() == 1

    def test_values_that_json_lacks_are_stored_as_they_are_sent(self):
        moment = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
        body = {"id": uuid.UUID(int=7), "at": moment}
        first = once(request("k1"), lambda: (body, 201))
        assert once(request("k1"), lambda: (body, 201)).data == first.data
        assert first.data == {"id": "00000000-0000-0000-0000-000000000007", "at": "2026-11-24T09:30:00Z"}


@pytest.mark.django_db(transaction=True)
def test_one_key_sent_by_eight_at_once_is_done_once():
    """With PostgreSQL the others wait at the unique key, with SQLite for the one writer."""
    ready = threading.Barrier(8)

    def create() -> tuple[dict, int]:
        return {"name": OrganizationFactory(name=f"Northwind {uuid.uuid4()}").name}, 201

    def send(_number: int) -> tuple[str, bool]:
        try:
            ready.wait(timeout=20)
            response = once(request("k1"), create)
            return response.data["name"], response.has_header("Idempotent-Replayed")
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(8)))
    assert Organization.objects.count() == 1
    assert len({name for name, _ in answers}) == 1
    assert sorted(is_again for _, is_again in answers) == [False] + [True] * 7
