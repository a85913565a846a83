"""Secrets in the admin: whoever may only look never sees one, on any page that has one."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client

from accounts.services.staff import ensure_roles
from accounts.tests.factories import BrandFactory, UserFactory
from integrations.tests.factories import InstallationFactory, ModelProviderFactory
from supportai.core.secrets import SecretField

pytestmark = pytest.mark.django_db
PLAIN = "sk-plain-secret-0123456789"


def secret_fields(model: Any) -> list[str]:
    return [field.name for field in model._meta.get_fields() if isinstance(field, SecretField)]


def pages_with_secrets() -> set[str]:
    return {model._meta.label for model in apps.get_models() if secret_fields(model) and model in admin.site._registry}


def rows() -> list[Any]:
    return [
        InstallationFactory(credentials=PLAIN),
        ModelProviderFactory(api_key=PLAIN),
        BrandFactory(signing_key=PLAIN, previous_signing_key=PLAIN),
    ]


@pytest.mark.parametrize("role", ["lead", "ai_oversight", "admin"])
def test_nobody_is_shown_a_stored_secret(role):
    ensure_roles()
    client = Client()
    client.force_login(UserFactory(role=role))
    for row in rows():
        options = row._meta
        response = client.get(f"/admin/{options.app_label}/{options.model_name}/{row.pk}/change/")
        assert response.status_code == 200
        assert PLAIN not in response.content.decode()


def test_those_who_may_change_one_still_have_its_box():
    ensure_roles()
    client = Client()
    client.force_login(UserFactory(role="admin"))
    # A brand's keys are made, not typed: its page has a button instead.
    for row in (InstallationFactory(credentials=PLAIN), ModelProviderFactory(api_key=PLAIN)):
        options = row._meta
        html = client.get(f"/admin/{options.app_label}/{options.model_name}/{row.pk}/change/").content.decode()
        for name in secret_fields(row):
            assert f'name="{name}"' in html


def test_every_page_of_a_model_with_secrets_leaves_them_out():
    """A page that does not build on ours would print them."""
    from supportai.core.admin import PlainAdmin

    assert {"integrations.Installation", "integrations.ModelProvider", "accounts.Brand"} <= pages_with_secrets()
    for label in pages_with_secrets():
        assert isinstance(admin.site._registry[apps.get_model(label)], PlainAdmin)
