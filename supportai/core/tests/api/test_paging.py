"""Pages by cursor lose and repeat nothing, whatever arrives between them."""

import base64
import json
from datetime import timedelta

import pytest
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from accounts.models import Organization
from accounts.tests.factories import OrganizationFactory
from supportai.core import clock
from supportai.core.api.paging import MAX_CURSOR_LENGTH, KeysetPagination, NewestFirstPagination

pytestmark = pytest.mark.django_db


class ByName(KeysetPagination):
    ordering = ("name",)


class ByTime(KeysetPagination):
    """Times repeat, so a second column tells rows of one moment apart."""

    ordering = ("-created_at", "-public_id")


def page(address: str = "/things/", kind: type[KeysetPagination] = NewestFirstPagination) -> dict:
    pages = kind()
    rows = pages.paginate_queryset(Organization.objects.all(), Request(APIRequestFactory().get(address)))
    return dict(pages.get_paginated_response([row.name for row in rows]).data)


def walk(address: str, way: str = "next", kind: type[KeysetPagination] = NewestFirstPagination) -> list[list[str]]:
    pages = []
    while address:
        found = page(address, kind)
        pages.append(found["results"])
        address = found[way]
    return pages


def cursor(*parts: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


def test_pages_are_walked_newest_first():
    names = [OrganizationFactory().name for _ in range(5)]
    assert walk("/things/?limit=2") == [[names[4], names[3]], [names[2], names[1]], [names[0]]]


def test_rows_of_one_moment_come_once_each():
    moment = clock.now()
    made = {OrganizationFactory(created_at=moment).name for _ in range(7)}
    walked = [name for names in walk("/things/?limit=2", kind=ByTime) for name in names]
    assert len(walked) == 7
    assert set(walked) == made


def test_rows_that_arrive_between_two_pages_shift_nothing():
    names = [OrganizationFactory().name for _ in range(4)]
    first = page("/things/?limit=2")
    OrganizationFactory.create_batch(3)
    assert page(first["next"])["results"] == [names[1], names[0]]


def test_rows_that_go_between_two_pages_take_none_with_them():
    names = [OrganizationFactory().name for _ in range(5)]
    first = page("/things/?limit=2")
    Organization.objects.filter(name__in=[names[4], names[3]]).delete()
    assert page(first["next"])["results"] == [names[2], names[1]]


def test_the_way_back_shows_the_same_pages():
    moment = clock.now()
    for number in range(7):
        OrganizationFactory(created_at=moment + timedelta(seconds=number // 3))
    for kind in (NewestFirstPagination, ByTime):
        forward = walk("/things/?limit=3", kind=kind)
        second = page(page("/things/?limit=3", kind)["next"], kind)
        assert page(second["previous"], kind)["results"] == forward[0]
        assert page(second["previous"], kind)["previous"] is None
        assert page(page(second["next"], kind)["previous"], kind)["results"] == forward[1]


def test_other_parameters_stay_in_the_addresses():
    OrganizationFactory.create_batch(2)
    assert "plan=pro" in page("/things/?plan=pro&limit=1")["next"]


def test_one_column_is_enough_where_it_is_unique():
    for name in "cab":
        OrganizationFactory(name=name)
    assert walk("/things/?limit=2", kind=ByName) == [["a", "b"], ["c"]]


def test_an_empty_list_has_no_neighbours():
    assert page() == {"next": None, "previous": None, "results": []}


def test_a_page_takes_one_query(django_assert_num_queries):
    OrganizationFactory.create_batch(3)
    following = page("/things/?limit=1")["next"]
    with django_assert_num_queries(1):
        page(following)


@pytest.mark.parametrize("limit", ["0", "-1", "201", "x", "1.5", "", "9" * 400, "١", "1e2", " 5"])
def test_a_limit_that_makes_no_sense_is_refused(limit):
    with pytest.raises(ValidationError) as caught:
        page(f"/things/?limit={limit}")
    assert set(caught.value.detail) == {"limit"}


UUID = "0b9a1f6e-9f1c-4f39-8d3e-5a3c0f6f2d11"
TIME = "2026-11-24T09:30:00+00:00"


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "é",
        "%00",
        "=" * 50,
        "A" * (MAX_CURSOR_LENGTH * 10),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
        base64.urlsafe_b64encode(b"[" * 200).decode(),
        cursor(),
        cursor(0),
        cursor(0, TIME),
        cursor(0, TIME, UUID, 1),
        cursor(0, None, UUID),
        cursor(0, TIME, None),
        cursor(0, 17, 17),
        cursor(0, True, UUID),
        cursor(0, TIME, "' OR 1=1"),
        cursor(0, "yesterday", UUID),
        cursor(0, "2026-13-45T00:00:00+00:00", UUID),
        cursor(0, "0001-01-01T00:00:00+14:00", UUID),
        cursor(0, "9999-12-31T23:59:59-14:00", UUID),
        cursor(0, "2026-11-24T09:30:00", UUID),
        cursor(0, "2026-11-24", UUID),
        cursor(0, "\x00", UUID),
        cursor(0, [TIME], {"a": UUID}),
        base64.urlsafe_b64encode(b'{"a": 1, "b": 2, "c": 3}').decode(),
        base64.urlsafe_b64encode(b"17").decode(),
        base64.urlsafe_b64encode(b"[0, " + b"9" * 5000 + b", 1]").decode(),
    ],
)
def test_a_cursor_that_we_did_not_write_is_refused(text):
    OrganizationFactory()
    with pytest.raises(ValidationError) as caught:
        page(f"/things/?cursor={text}", ByTime)
    assert set(caught.value.detail) == {"cursor"}


@pytest.mark.parametrize("part", [True, 1.5, None, "x", [], {}, "1" * 5000], ids=lambda part: repr(part)[:12])
def test_a_number_in_a_cursor_is_a_number(part):
    OrganizationFactory()
    with pytest.raises(ValidationError) as caught:
        page(f"/things/?cursor={cursor(0, part)}")
    assert set(caught.value.detail) == {"cursor"}


@pytest.mark.parametrize("part", [10**30, -(10**30), 0, -1])
def test_a_number_that_no_row_has_is_harmless(part):
    OrganizationFactory(name="a")
    assert page(f"/things/?cursor={cursor(0, part)}")["results"] in ([], ["a"])


@pytest.mark.parametrize("value", ["x" * 300, "a\u0000b"])
def test_a_text_in_a_cursor_is_harmless_or_refused(value):
    OrganizationFactory(name="y")
    try:
        found = page(f"/things/?cursor={cursor(0, value)}", ByName)
    except ValidationError:
        found = {"results": []}
    assert found["results"] in ([], ["y"])
