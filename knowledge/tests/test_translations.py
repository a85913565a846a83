"""The help center's catalogues: complete, compiled, and found out when they are not."""

import shutil

import polib
import pytest

from knowledge import translations
from knowledge.translations import Words
from knowledge.views.help_languages import SPOKEN


@pytest.fixture
def german(tmp_path, monkeypatch):
    """A copy of the German catalogue to spoil."""
    shutil.copytree(translations.LOCALE / "de", tmp_path / "de")
    monkeypatch.setattr(translations, "LOCALE", tmp_path)
    return tmp_path / "de" / "LC_MESSAGES" / "django.po"


def change(path, text, **fields):
    catalogue = polib.pofile(str(path))
    for name, value in fields.items():
        setattr(catalogue.find(text), name, value)
    catalogue.save(str(path))


def test_every_text_of_every_language_is_translated_and_compiled():
    assert translations.problems() == []


def test_each_language_that_is_spoken_has_a_catalogue():
    assert {path.name for path in translations.LOCALE.iterdir()} == set(SPOKEN) - {"en"}


def test_texts_are_found_in_templates_and_views():
    found = translations.words()
    assert Words("What do you want to get done?") in found
    assert Words("%(count)s page found", "%(count)s pages found") in found
    assert Words("Updated on", context="before a date") in found
    assert Words("%(brand)s help") in found


def test_what_only_staff_see_is_not_translated():
    assert not any("Only staff see this page" in found.text for found in translations.words())


def test_a_catalogue_that_was_changed_and_not_compiled_is_told(german):
    change(german, "Yes", msgstr="Jawohl")
    assert [problem for problem in translations.problems() if ".mo" in problem]
    translations.bring_up_to_date()
    assert translations.problems() == []


def test_a_missing_text_is_told_and_put_in_to_translate(german):
    catalogue = polib.pofile(str(german))
    catalogue.remove(catalogue.find("Yes"))
    catalogue.save(str(german))
    assert "“Yes” is missing" in translations.problems()[0]
    assert translations.bring_up_to_date() == {"de": ["Yes"]}
    assert translations.problems() == ["de: “Yes” is not translated."]


def test_a_translation_with_a_value_that_is_not_there_is_told(german):
    change(german, "Page %(number)s of %(total)s", msgstr="Seite %(nummer)s")
    translations.bring_up_to_date()
    assert "a value that it does not have" in translations.problems()[0]


def test_a_text_that_is_said_no_more_is_taken_out(german):
    catalogue = polib.pofile(str(german))
    catalogue.append(polib.POEntry(msgid="Gone", msgstr="Fort"))
    catalogue.save(str(german))
    assert "“Gone” is said nowhere" in translations.problems()[0]
    translations.bring_up_to_date()
    assert translations.problems() == []
