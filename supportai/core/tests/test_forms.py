"""Form fields that spare people JSON."""

import pytest
from django import forms

from supportai.core.forms import LinesField, PairsField


class ExampleForm(forms.Form):
    lines = LinesField()
    pairs = PairsField()


def form(**data: str) -> ExampleForm:
    return ExampleForm({"lines": "", "pairs": "", **data}, initial={"lines": ["a", "b"], "pairs": {"x": "1"}})


def test_lines_become_a_list_without_blanks():
    filled = form(lines=" https://a.example \r\n\r\nb\n")
    assert filled.is_valid()
    assert filled.cleaned_data["lines"] == ["https://a.example", "b"]


def test_stored_values_are_shown_as_lines():
    html = ExampleForm(initial={"lines": ["a", "b"], "pairs": {"x": "y.z", "n": "1"}}).as_p()
    assert "a\nb" in html
    assert "x: y.z\nn: 1" in html


def test_pairs_keep_their_order_and_further_colons():
    filled = form(pairs="when: date(a.b)\n\n label : {{ x ? 'a: b' : 'c' }}")
    assert filled.is_valid()
    assert list(filled.cleaned_data["pairs"].items()) == [
        ("when", "date(a.b)"),
        ("label", "{{ x ? 'a: b' : 'c' }}"),
    ]


@pytest.mark.parametrize("text", ["no colon", ": value", "name:", "a: 1\na: 2"])
def test_lines_that_are_no_pairs_are_refused(text):
    filled = form(pairs=text)
    assert not filled.is_valid()
    assert filled["pairs"].value() == text, "what was typed stays to be corrected"


@pytest.mark.parametrize(
    ("data", "changed"),
    [
        ({"lines": "a\nb", "pairs": "x: 1"}, []),
        ({"lines": " a \n\nb ", "pairs": " x : 1 "}, []),
        ({"lines": "b\na", "pairs": "x: 1"}, ["lines"]),
        ({"lines": "a\nb", "pairs": "x: 2"}, ["pairs"]),
        ({"lines": "a\nb", "pairs": "broken"}, ["pairs"]),
    ],
)
def test_only_a_change_of_meaning_is_a_change(data, changed):
    assert form(**data).changed_data == changed


def test_empty_is_an_empty_list_and_mapping():
    filled = form()
    assert filled.is_valid()
    assert filled.cleaned_data == {"lines": [], "pairs": {}}
