"""What Django refuses before a view sees it is told in words, to people and to scripts."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.tests.factories import UserFactory

pytestmark = pytest.mark.django_db

PAGE = {"Accept": "text/html"}


@pytest.fixture
def staff() -> Client:
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(UserFactory(role="admin"))
    client.cookies["csrftoken"] = "a" * 32
    return client


@pytest.mark.parametrize(
    ("limit", "value", "told"),
    [
        ("DATA_UPLOAD_MAX_NUMBER_FILES", 2, "More than 2 files came"),
        ("DATA_UPLOAD_MAX_NUMBER_FIELDS", 3, "More than 3 fields came"),
        ("DATA_UPLOAD_MAX_MEMORY_SIZE", 2_500, "up to 0.0025 MB of text"),
    ],
)
def test_too_much_is_told_on_a_page_and_to_scripts(staff, settings, limit, value, told):
    setattr(settings, limit, value)
    for headers in (PAGE, {"Accept": "application/json"}):
        files = [SimpleUploadedFile(f"{number}.md", b"x") for number in range(3)]
        body = {"uploads": files, "text": ["long " * 500] * 4}
        response = staff.post("/admin/knowledge/source/add/", body, headers=headers)
        assert response.status_code == 413
        assert told in response.content.decode()


def test_other_bad_requests_say_what_to_do(settings):
    settings.ALLOWED_HOSTS = ["support.example"]
    response = Client(raise_request_exception=False).get("/help/", headers=PAGE | {"Host": "evil.example"})
    assert response.status_code == 400
    assert "cannot be understood" in response.content.decode()
