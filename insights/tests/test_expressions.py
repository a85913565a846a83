"""Whole seconds and buckets inside the database."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db.models import F

from insights.expressions import DAY, HOUR, QUARTER, Bucket, Epoch, bucket_size, day_of
from tickets.models import Ticket
from tickets.tests.factories import TicketFactory


@pytest.mark.django_db
@pytest.mark.parametrize("microsecond", [0, 1, 499_999, 500_000, 999_999])
def test_seconds_are_rounded_down(microsecond):
    at = datetime(2026, 3, 18, 11, 59, 59, microsecond, tzinfo=UTC)
    TicketFactory(created_at=at)
    found = Ticket.objects.annotate(epoch=Epoch(F("created_at"))).values_list("epoch", flat=True).get()
    assert found == int(at.timestamp())


@pytest.mark.django_db
def test_a_missing_time_has_no_seconds():
    TicketFactory()
    found = Ticket.objects.annotate(waited=Epoch("resolved_at") - Epoch("created_at")).values_list("waited", flat=True)
    assert found.get() is None


@pytest.mark.django_db
@pytest.mark.parametrize("size", [DAY, HOUR, QUARTER])
def test_a_bucket_ends_where_the_next_begins(size):
    border = datetime(2026, 3, 18, tzinfo=UTC)
    for at in (border - timedelta(microseconds=1), border):
        TicketFactory(created_at=at)
    found = (
        Ticket.objects.order_by("pk").annotate(bucket=Bucket("created_at", size=size)).values_list("bucket", flat=True)
    )
    before, after = found
    assert after == before + 1 == int(border.timestamp()) // size


@pytest.mark.parametrize(
    ("zone", "size"),
    [
        ("UTC", DAY),
        ("Europe/Berlin", HOUR),
        ("Europe/London", HOUR),
        ("Asia/Kolkata", QUARTER),
        ("Asia/Kathmandu", QUARTER),
    ],
)
def test_buckets_are_as_long_as_the_zone_allows(zone, size):
    assert bucket_size(ZoneInfo(zone), date(2026, 3, 1), date(2026, 4, 30)) == size


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Kathmandu", "America/St_Johns", "Pacific/Auckland"])
def test_every_bucket_of_a_year_lies_in_one_day(zone):
    place = ZoneInfo(zone)
    size = bucket_size(place, date(2026, 1, 1), date(2026, 12, 31))
    start = int(datetime(2026, 1, 2, tzinfo=UTC).timestamp()) // size
    for bucket in range(start, start + 360 * DAY // size):
        last = datetime.fromtimestamp((bucket + 1) * size - 1, UTC).astimezone(place).date()
        assert day_of(bucket, size=size, zone=place) == last
