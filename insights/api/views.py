"""REST: the dashboard's figures."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.permissions import HasScope
from insights import selectors
from insights.api.permissions import CanSeeInsights
from insights.api.serializers import SummaryQuerySerializer, SummarySerializer, as_values
from insights.cohorts import Scope
from insights.periods import EARLIEST, PRESETS, Period, between, local_today
from supportai.core.api.bodies import valid


class SummaryView(APIView):
    """The figures that the dashboard shows."""

    permission_classes = (IsAuthenticated, HasScope, CanSeeInsights)

    @extend_schema(
        summary="Read the figures of a period, beside the period before",
        parameters=[SummaryQuerySerializer],
        responses=SummarySerializer,
    )
    def get(self, request: Request) -> Response:
        asked = valid(SummaryQuerySerializer(data=request.query_params))
        scope = Scope(period=period_of(asked), team=asked["team"], channel=asked["channel"])
        return Response(SummarySerializer(as_values(selectors.summary(scope))).data)


def period_of(asked: Mapping[str, Any]) -> Period:
    """Fill in the day that was not asked for.

    Raises:
        InvalidInputError: the period is not possible.
    """
    last: date = asked.get("to") or local_today()
    first: date = asked.get("from") or max(EARLIEST, last) - timedelta(days=PRESETS[0] - 1)
    return between(first, last)
