"""Staff sign in by e-mail address; guessing is slowed down."""

import pytest
from django.core.cache import cache

from accounts.forms import SignInForm
from accounts.services import sign_in
from accounts.tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_cache():
    cache.clear()
    yield
    cache.clear()


def attempt(rf, email: str, password: str, address: str = "192.0.2.1") -> SignInForm:
    request = rf.post("/login/", REMOTE_ADDR=address)
    form = SignInForm(request, data={"username": email, "password": password})
    form.is_valid()
    return form


def test_the_case_of_the_address_does_not_matter(rf):
    user = UserFactory(email="ines@fernway.example")
    form = attempt(rf, " Ines@Fernway.EXAMPLE ", PASSWORD)
    assert form.get_user() == user


@pytest.mark.parametrize("password", ["wrong", "", PASSWORD.upper()])
def test_a_wrong_password_is_refused(rf, password):
    UserFactory(email="ines@fernway.example")
    form = attempt(rf, "ines@fernway.example", password)
    assert form.errors
    assert form.get_user() is None


def test_unknown_and_wrong_read_the_same(rf):
    UserFactory(email="ines@fernway.example")
    wrong = attempt(rf, "ines@fernway.example", "wrong").non_field_errors()
    unknown = attempt(rf, "nobody@fernway.example", "wrong").non_field_errors()
    assert wrong == unknown


def test_somebody_who_left_cannot_sign_in(rf):
    UserFactory(email="old@fernway.example", is_active=False)
    assert attempt(rf, "old@fernway.example", PASSWORD).get_user() is None


def test_after_eight_failures_not_even_the_right_password_helps(rf):
    UserFactory(email="ines@fernway.example")
    for number in range(sign_in.MOST_FOR_EMAIL):
        attempt(rf, "Ines@fernway.example", "wrong", address=f"192.0.2.{number}")
    form = attempt(rf, "ines@fernway.example", PASSWORD, address="198.51.100.7")
    assert "Too many" in form.non_field_errors()[0]


def test_a_machine_that_guesses_many_addresses_is_blocked_too(rf):
    UserFactory(email="ines@fernway.example")
    for number in range(sign_in.MOST_FOR_ADDRESS):
        sign_in.note_failure(email=f"x{number}@fernway.example", address="192.0.2.1")
    assert "Too many" in attempt(rf, "ines@fernway.example", PASSWORD).non_field_errors()[0]
    assert attempt(rf, "ines@fernway.example", PASSWORD, address="192.0.2.2").get_user()


def test_signing_in_forgets_failures(rf):
    UserFactory(email="ines@fernway.example")
    for _ in range(sign_in.MOST_FOR_EMAIL - 1):
        attempt(rf, "ines@fernway.example", "wrong")
    attempt(rf, "ines@fernway.example", PASSWORD)
    attempt(rf, "ines@fernway.example", "wrong")
    assert attempt(rf, "ines@fernway.example", PASSWORD).get_user()


def test_the_cache_holds_no_addresses(rf, monkeypatch):
    keys = []
    monkeypatch.setattr(cache, "add", lambda key, *_args, **_options: keys.append(key))
    attempt(rf, "ines@fernway.example", "wrong")
    assert keys
    assert not any("ines" in key for key in keys)


def test_the_form_asks_for_an_address(rf):
    assert SignInForm(rf.get("/login/")).fields["username"].label == "E-mail address"


def test_signing_out_needs_a_post(client):
    client.force_login(UserFactory())
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/").status_code == 302


def test_the_admins_own_page_is_guarded_too(client):
    UserFactory(email="ada@fernway.example", role="admin")

    def post(password: str):
        return client.post("/admin/login/", {"username": "Ada@fernway.example", "password": password})

    for _ in range(sign_in.MOST_FOR_EMAIL):
        assert post("wrong").status_code == 200
    assert "Too many" in post(PASSWORD).content.decode()
    cache.clear()
    assert post(PASSWORD).status_code == 302


def test_agents_cannot_sign_in_to_the_admin(client):
    UserFactory(email="jonas@fernway.example")
    response = client.post("/admin/login/", {"username": "jonas@fernway.example", "password": PASSWORD})
    assert response.status_code == 200
    assert response.context["form"].errors
