"""Many files, or large ones: what is too much is counted and never kept."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory

from accounts.tests.factories import UserFactory
from supportai.core import uploads
from supportai.core.uploads import received_with

pytestmark = pytest.mark.django_db


def request_with(*sizes: int, user=None):
    files = [SimpleUploadedFile(f"{number}.md", b"x" * size) for number, size in enumerate(sizes)]
    request = RequestFactory().post("/", {"name": "Docs", "uploads": files})
    if user is not None:
        request.user = user
    return request


def test_a_hundred_files_are_taken():
    request = request_with(*[5] * 100)
    received = received_with(request)
    assert (received.files, received.dropped, received.refusal) == (100, 0, "")
    assert len(request.FILES.getlist("uploads")) == 100


def test_what_is_more_than_a_hundred_files_is_counted_and_dropped():
    request = request_with(*[5] * 231)
    received = received_with(request)
    assert (received.files, received.dropped) == (231, 131)
    assert "231 files came" in received.refusal
    assert "zip archive" in received.refusal
    assert len(request.FILES.getlist("uploads")) == 100
    assert request.POST["name"] == "Docs", "what stands around the files is read"


def test_files_are_dropped_once_they_are_too_much_together(monkeypatch):
    monkeypatch.setattr(uploads, "MOST_BYTES", 3_000_000)
    request = request_with(1_500_000, 1_000_000, 1_000_000, user=UserFactory())
    received = received_with(request)
    assert received.dropped == 1
    assert "The files have 4 MB together, and at most 3 MB" in received.refusal
    assert [file.size for file in request.FILES.getlist("uploads")] == [1_500_000, 1_000_000]


def test_a_stranger_stores_no_more_than_the_widget_sends(settings):
    settings.MAX_UPLOAD_BYTES = 1_000_000
    sizes = (900_000, 900_000, 900_000)
    assert received_with(request_with(*sizes)).dropped == 1
    assert received_with(request_with(*sizes, user=UserFactory())).dropped == 0


def test_a_request_without_files_has_none():
    assert received_with(RequestFactory().get("/")).refusal == ""
    assert received_with(RequestFactory().post("/", {"name": "Docs"})).files == 0
