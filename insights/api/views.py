"""REST: the dashboard's figures."""

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
        scope = Scope(period=asked["period"], team=asked["team"], channel=asked["channel"])
        return Response(SummarySerializer(as_values(selectors.summary(scope))).data)
