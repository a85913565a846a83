"""A confirmed question of the admin is acted on once."""

import pytest

from accounts.tests.factories import BrandFactory
from supportai.tests.test_admin_actions import YES, address_of, signed_in

pytestmark = pytest.mark.django_db


def test_a_question_is_answered_once_so_a_double_click_keeps_the_brand_s_key():
    row, client = BrandFactory(), signed_in()
    key, address = row.signing_key, address_of("accounts_brand_new_key", row)
    once = dict(client.get(address).context["hidden"])
    client.post(address, {**YES, **once})
    again = client.post(address, {**YES, **once}, follow=True)
    row.refresh_from_db()
    assert row.previous_signing_key == key
    assert "This was done already" in again.content.decode()
