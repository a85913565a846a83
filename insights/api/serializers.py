"""What the figures look like in JSON; docs/insights.md defines each of them."""

from datetime import date, timedelta
from typing import Any

from rest_framework import serializers

from insights.figures import AI_AGENT, ENDINGS, PEOPLE, Figures, Slice, Summary
from insights.periods import EARLIEST, PRESETS, Period, between, local_today
from insights.rules import VERSION
from insights.statistics import Share
from supportai.core.api.bodies import Body
from supportai.core.errors import InvalidInputError
from supportai.core.models import JSONDict
from tickets.models import Channel

HANDS = (AI_AGENT, PEOPLE)


class SummaryQuerySerializer(Body):
    """The period, and what it is limited to."""

    team = serializers.SlugField(default="", max_length=50, help_text="Slug of a team.")
    channel = serializers.ChoiceField(choices=Channel.choices, default="")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Add the dates, of which one is named with a word that Python keeps for itself."""
        dates = {
            "from": serializers.DateField(required=False, help_text="First day; without it 7 days up to the last."),
            "to": serializers.DateField(required=False, help_text="Last day, included; without it today."),
        }
        return dates | super().get_fields()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Add the period, with the day that was not asked for filled in.

        Raises:
            ValidationError: the period is not possible.
        """
        last: date = attrs.get("to") or local_today()
        first: date = attrs.get("from") or max(EARLIEST, last) - timedelta(days=PRESETS[0] - 1)
        try:
            return attrs | {"period": between(first, last)}
        except InvalidInputError as exc:
            raise serializers.ValidationError({"from": [exc.message]}) from exc


class PeriodSerializer(serializers.Serializer[Period]):
    """Days, both included, up to an instant; days begin in the zone."""

    first = serializers.DateField()
    last = serializers.DateField()
    end = serializers.DateTimeField(help_text="Figures stand as of then (exclusive).")
    zone = serializers.CharField()


class ShareSerializer(serializers.Serializer[Share]):
    """`count` of `total`; the 95 % interval after Wilson. Null of nothing."""

    count = serializers.IntegerField()
    total = serializers.IntegerField()
    value = serializers.FloatField(allow_null=True)
    low = serializers.SerializerMethodField()
    high = serializers.SerializerMethodField()

    def get_low(self, share: Share) -> float | None:
        """Give the lower bound."""
        return share.interval[0] if share.interval else None

    def get_high(self, share: Share) -> float | None:
        """Give the upper bound."""
        return share.interval[1] if share.interval else None


class SpreadSerializer(serializers.Serializer[Any]):
    """Durations: how many, their median and 90th percentile (nearest rank)."""

    count = serializers.IntegerField()
    median_seconds = serializers.IntegerField(allow_null=True)
    p90_seconds = serializers.IntegerField(allow_null=True)


class HandSerializer(serializers.Serializer[Any]):
    """One hand: the AI agent's or people's."""

    happy = ShareSerializer(help_text="Ratings of 4 or 5, of all ratings.")
    mean_score = serializers.FloatField(allow_null=True)
    came_back = ShareSerializer(help_text="Tickets that a return within 7 days reversed, of those resolved.")
    first_reply = SpreadSerializer()
    resolution = SpreadSerializer()


class EndingsSerializer(serializers.Serializer[Any]):
    """Tickets by how they stood when the period ended."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Give one count per ending."""
        return {ending: serializers.IntegerField() for ending in ENDINGS}


class FiguresSerializer(serializers.Serializer[Any]):
    """The figures of one period."""

    tickets = serializers.IntegerField()
    automation = ShareSerializer()
    endings = EndingsSerializer()
    reversed_endings = serializers.DictField(child=serializers.IntegerField())
    handoffs = serializers.DictField(child=serializers.IntegerField(), help_text="By reason.")
    ai_agent = HandSerializer()
    person = HandSerializer()


class SliceSerializer(serializers.Serializer[Slice]):
    """Tickets of one channel, team or intent; an empty key for those without."""

    key = serializers.CharField()
    name = serializers.CharField()
    tickets = serializers.IntegerField()
    automated = serializers.IntegerField()
    before = serializers.IntegerField(help_text="Tickets of the period before.")


class DaySerializer(serializers.Serializer[Any]):
    """Tickets opened on a day by how they ended, and open tickets at its end."""

    day = serializers.DateField()
    tickets = serializers.IntegerField()
    automated = serializers.IntegerField()
    people = serializers.IntegerField()
    abandoned = serializers.IntegerField()
    open = serializers.IntegerField()
    backlog = serializers.IntegerField()


class BacklogSerializer(serializers.Serializer[Any]):
    """Tickets open at this moment."""

    total = serializers.IntegerField()
    waits = serializers.DictField(child=serializers.IntegerField(), help_text="By who has the next word.")
    ages = serializers.DictField(child=serializers.IntegerField(), help_text="By age since opening.")


class SummarySerializer(serializers.Serializer[Any]):
    """A period, the one before it, and the backlog of the moment."""

    rule_version = serializers.IntegerField()
    period = PeriodSerializer()
    period_before = PeriodSerializer()
    not_counted = serializers.IntegerField(help_text="Greetings and spam.")
    now = FiguresSerializer()
    before = FiguresSerializer()
    days = DaySerializer(many=True)
    backlog = BacklogSerializer()
    channels = SliceSerializer(many=True)
    teams = SliceSerializer(many=True)
    intents = SliceSerializer(many=True)


def as_values(summary: Summary) -> JSONDict:
    """Give a summary in the shape of `SummarySerializer`."""
    return {
        "rule_version": VERSION,
        "period": summary.period,
        "period_before": summary.period.before,
        "not_counted": summary.now.not_counted,
        "now": _figures(summary.now),
        "before": _figures(summary.before),
        "days": summary.days,
        "backlog": summary.backlog,
        "channels": summary.channels,
        "teams": summary.teams,
        "intents": summary.intents,
    }


def _figures(figures: Figures) -> JSONDict:
    return {
        "tickets": figures.tickets,
        "automation": figures.automation,
        "endings": {ending: figures.endings.get(ending, 0) for ending in ENDINGS},
        "reversed_endings": figures.reversed_endings,
        "handoffs": figures.handoffs,
        **{hand: _hand(figures, hand) for hand in HANDS},
    }


def _hand(figures: Figures, hand: str) -> JSONDict:
    rating = figures.rating(hand)
    return {
        "happy": rating.share,
        "mean_score": rating.mean,
        "came_back": figures.return_rate(hand),
        "first_reply": figures.first_reply[hand],
        "resolution": figures.resolution[hand],
    }
