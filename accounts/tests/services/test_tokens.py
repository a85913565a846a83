"""API tokens: secrets are never stored."""

from datetime import timedelta

import pytest

from accounts import selectors
from accounts.models import ApiToken
from accounts.services import tokens
from accounts.tests.factories import UserFactory
from supportai.core import clock
from supportai.core.errors import InvalidInputError

pytestmark = pytest.mark.django_db


def issue(**fields):
    return tokens.issue_token(user_id=UserFactory().pk, **{"name": "backend", "scopes": ["read"], **fields})


def test_only_the_digest_is_stored():
    issued = issue()
    assert issued.secret.startswith("sai_")
    stored = ApiToken.objects.filter(pk=issued.token.pk).values().get()
    assert issued.secret not in str(stored)
    assert selectors.token_by_secret(issued.secret) == issued.token


@pytest.mark.parametrize("scopes", [[], ["everything"], ["read", "root"]])
def test_unknown_scopes_are_refused(scopes):
    with pytest.raises(InvalidInputError):
        issue(scopes=scopes)


def test_an_end_in_the_past_is_refused():
    with pytest.raises(InvalidInputError):
        issue(expires_at=clock.now() - timedelta(seconds=1))


def test_a_token_ends_when_it_expires():
    issued = issue(expires_at=clock.now() + timedelta(days=1))
    assert selectors.token_by_secret(issued.secret)
    with clock.moved(timedelta(days=2)):
        assert selectors.token_by_secret(issued.secret) is None


def test_a_revoked_token_is_unknown():
    issued = issue()
    tokens.revoke_token(token_id=issued.token.pk)
    tokens.revoke_token(token_id=issued.token.pk)
    assert selectors.token_by_secret(issued.secret) is None


def test_rotating_replaces_the_secret():
    issued = issue(scopes=["read", "write"])
    new = tokens.rotate_token(token_id=issued.token.pk)
    assert selectors.token_by_secret(issued.secret) is None
    assert selectors.token_by_secret(new.secret).scopes == ["read", "write"]


def test_rotating_does_not_prolong_a_token():
    ends = clock.now() + timedelta(days=1)
    issued = issue(expires_at=ends)
    new = tokens.rotate_token(token_id=issued.token.pk)
    assert new.token.expires_at == ends
    with clock.moved(timedelta(days=2)):
        assert selectors.token_by_secret(new.secret) is None


def test_an_expired_token_cannot_be_rotated_back_to_life():
    issued = issue(expires_at=clock.now() + timedelta(days=1))
    with clock.moved(timedelta(days=2)), pytest.raises(InvalidInputError):
        tokens.rotate_token(token_id=issued.token.pk)
    issued.token.refresh_from_db()
    assert not issued.token.is_revoked


def test_a_revoked_token_is_not_replaced_again():
    issued = issue()
    tokens.rotate_token(token_id=issued.token.pk)
    with pytest.raises(InvalidInputError):
        tokens.rotate_token(token_id=issued.token.pk)
    assert type(issued.token).objects.count() == 2


def test_use_is_noted_to_the_minute(django_assert_num_queries):
    token = issue().token
    tokens.note_use(token)
    token.refresh_from_db()
    assert token.last_used_at is not None
    with django_assert_num_queries(0):
        tokens.note_use(token)
