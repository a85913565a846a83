"""Errors of the API are problems with a stable code."""

import json

import pytest
from django.db import IntegrityError, transaction
from django.http import Http404
from rest_framework.exceptions import AuthenticationFailed, Throttled, ValidationError
from rest_framework.test import APIRequestFactory

from accounts.tests.factories import OrganizationFactory
from supportai.core.api.problems import problem_handler, unknown_address
from supportai.core.errors import DomainError, TooManyRequestsError


def problem(error: Exception):
    return problem_handler(error, {"request": None, "view": None})


class TestProblems:
    def test_a_refusal_keeps_its_code_status_and_facts(self):
        response = problem(TooManyRequestsError("Slow down.", retry_after=7))
        assert response.status_code == 429
        assert response.content_type == "application/problem+json"
        assert response.data == {
            "type": "/problems/too_many_requests",
            "title": "Too many requests",
            "status": 429,
            "code": "too_many_requests",
            "detail": "Slow down.",
            "retry_after": 7,
        }
        assert response["Retry-After"] == "7"

    def test_invalid_fields_are_listed(self):
        response = problem(ValidationError({"email": ["Enter a valid address."]}))
        assert response.status_code == 400
        assert response.data["errors"] == {"email": ["Enter a valid address."]}
        assert response.data["title"]

    def test_a_list_of_errors_is_kept(self):
        assert problem(ValidationError(["No."])).data["errors"] == {"non_field_errors": ["No."]}

    def test_what_was_sent_is_not_sent_back_at_length(self):
        quoted = problem(ValidationError({"status": ["x" * 10_000]})).data["errors"]["status"][0]
        assert len(quoted) == 300

    def test_nested_errors_name_their_part(self):
        errors = problem(ValidationError({"roles": {"3": ["Too long."]}, "a": [{"b": ["No."]}, {}]})).data["errors"]
        assert errors == {"roles.3": ["Too long."], "a.0.b": ["No."]}

    def test_framework_errors_keep_their_headers(self):
        response = problem(Throttled(wait=30))
        assert response["Retry-After"] == "30"
        assert response.data["code"] == "throttled"
        assert response.data["retry_after"] == 30

    def test_a_missing_object_is_a_problem_too(self):
        assert problem(Http404()).data["status"] == 404

    def test_authentication_says_nothing_else(self):
        assert problem(AuthenticationFailed("No.")).data["detail"] == "No."

    def test_a_defect_is_not_hidden(self):
        assert problem(ZeroDivisionError()) is None

    def test_every_refusal_has_a_code_and_a_client_status(self):
        def family(kind):
            return {kind, *(sub for child in kind.__subclasses__() for sub in family(child))}

        for kind in family(DomainError):
            assert kind.code
            # 5xx where what is refused leans on a service that does not answer.
            assert 400 <= kind.status < 500 or kind.status in {502, 503}

    @pytest.mark.django_db
    def test_two_of_what_there_may_be_one_of_is_a_conflict(self):
        OrganizationFactory(name="Northwind")
        with pytest.raises(IntegrityError) as caught, transaction.atomic():
            OrganizationFactory(name="Northwind")
        response = problem(caught.value)
        assert (response.status_code, response.data["code"]) == (409, "conflict")
        assert "Northwind" not in str(response.data)

    @pytest.mark.django_db
    def test_every_other_broken_rule_of_the_database_is_a_defect(self):
        with pytest.raises(IntegrityError) as caught, transaction.atomic():
            OrganizationFactory(name=None)
        assert problem(caught.value) is None


class TestUnknownAddress:
    def test_it_is_a_problem(self):
        response = unknown_address(APIRequestFactory().get("/api/v1/nothing/"))
        assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")

    def test_a_forgotten_slash_is_named_and_not_followed(self):
        response = unknown_address(APIRequestFactory().post("/api/v1/tickets"))
        assert response.status_code == 404
        assert json.loads(response.content)["detail"].endswith("/api/v1/tickets/")
