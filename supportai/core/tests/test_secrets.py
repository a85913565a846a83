"""Credentials: encrypted in the table, never in a form."""

import threading

import pytest
from django import forms
from django.db import connection
from unfold.widgets import UnfoldAdminTextareaWidget

from accounts.models import Brand
from accounts.tests.factories import BrandFactory
from supportai.core.secrets import SecretField


def field() -> SecretField:
    return Brand._meta.get_field("signing_key")


def stored(brand: Brand) -> str:
    with connection.cursor() as cursor:
        cursor.execute("select signing_key from accounts_brand where id = %s", [brand.pk])
        return str(cursor.fetchone()[0])


@pytest.mark.django_db
class TestStorage:
    def test_the_table_holds_no_plain_secret(self):
        brand = BrandFactory(signing_key="plain-secret")
        assert "plain-secret" not in stored(brand)
        assert Brand.objects.get(pk=brand.pk).signing_key == "plain-secret"

    def test_the_same_secret_is_never_stored_the_same_way(self):
        assert stored(BrandFactory(signing_key="same")) != stored(BrandFactory(signing_key="same"))

    def test_an_empty_secret_is_an_empty_text(self):
        brand = BrandFactory(previous_signing_key="")
        assert Brand.objects.get(pk=brand.pk).previous_signing_key == ""

    def test_a_secret_under_a_lost_key_reads_as_empty(self):
        brand = BrandFactory()
        Brand.objects.filter(pk=brand.pk).update(name="x")
        with connection.cursor() as cursor:
            cursor.execute("update accounts_brand set signing_key = 'gAAAA-not-ours' where id = %s", [brand.pk])
        assert Brand.objects.get(pk=brand.pk).signing_key == ""

    def test_histories_hold_no_secret(self):
        brand = BrandFactory(signing_key="plain-secret")
        record = brand.history.first()
        assert not hasattr(record, "signing_key") or record.signing_key != "plain-secret"

    def test_saving_the_same_row_again_keeps_the_secret(self):
        brand = BrandFactory(signing_key="plain-secret")
        again = Brand.objects.get(pk=brand.pk)
        again.name = "Renamed"
        again.full_clean()
        again.save()
        assert Brand.objects.get(pk=brand.pk).signing_key == "plain-secret"


def test_validating_in_one_thread_does_not_disturb_another():
    """The base class marks the shared field while it cleans; ours must not."""
    secret = field()
    errors: list[BaseException] = []

    def clean() -> None:
        try:
            for _ in range(200):
                assert secret.clean("abc", None) == "abc"
        except BaseException as exc:  # noqa: BLE001 - carried to the test's own thread
            errors.append(exc)

    threads = [threading.Thread(target=clean) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


class TestForm:
    @pytest.mark.parametrize("widget", [None, forms.Textarea, UnfoldAdminTextareaWidget, forms.TextInput()])
    def test_no_widget_shows_the_secret(self, widget):
        box = field().formfield(**({"widget": widget} if widget else {}))
        html = box.widget.render("signing_key", "plain-secret")
        assert 'type="password"' in html
        assert "plain-secret" not in html

    def test_leaving_the_box_empty_keeps_what_is_stored(self):
        brand = Brand(signing_key="kept")
        field().save_form_data(brand, "")
        assert brand.signing_key == "kept"
        field().save_form_data(brand, "new")
        assert brand.signing_key == "new"

    def test_the_box_says_that_it_may_stay_empty(self):
        box = field().formfield()
        assert box.required is False
        assert "leave empty" in box.help_text
