"""Fields that do not exist are noticed; choices that may be empty are described so."""

import pytest
from rest_framework import serializers

from accounts.models import Organization
from supportai.core.api.bodies import Body, Shown, valid


class Order(Body):
    name = serializers.CharField(max_length=10)
    amount = serializers.IntegerField(required=False)


class ShownOrganization(Shown):
    class Meta:
        model = Organization
        fields = ("name", "plan")
        read_only_fields = fields


def test_a_body_of_known_fields_is_given_checked():
    assert valid(Order(data={"name": " Ana ", "amount": "3"})) == {"name": "Ana", "amount": 3}


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"name": "a", "nmae": "b"}, {"nmae"}),
        ({}, {"name"}),
        ({"name": "a" * 11}, {"name"}),
        ({"name": "a", "amount": "many"}, {"amount"}),
        ([], {"non_field_errors"}),
        ("text", {"non_field_errors"}),
        (None, {"non_field_errors"}),
    ],
    ids=str,
)
def test_mistakes_are_named_by_field(body, fields):
    with pytest.raises(serializers.ValidationError) as caught:
        valid(Order(data=body))
    assert set(caught.value.detail) == fields


def test_a_flood_of_unknown_fields_is_answered_shortly():
    with pytest.raises(serializers.ValidationError) as caught:
        valid(Order(data={f"{'x' * 500}{n}": 1 for n in range(500)}))
    assert len(str(caught.value.detail)) < 5000


def test_an_empty_choice_belongs_to_the_description_of_what_is_shown():
    plan = ShownOrganization().fields["plan"]
    assert plan.read_only
    assert plan.allow_blank
    assert not getattr(ShownOrganization().fields["name"], "allow_blank", False)
