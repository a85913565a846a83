"""REST: articles, gaps and search."""

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Coalesce
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from accounts.api.permissions import CanSeeInbox, HasScope
from knowledge import selectors_gaps
from knowledge.acting import staff_actor
from knowledge.api import serializers
from knowledge.api.filters import ArticleFilter, GapFilter
from knowledge.api.permissions import ReadsOrWritesArticles
from knowledge.models import Article, Gap, Revision
from knowledge.services import articles
from knowledge.services.calibration import answer_question
from knowledge.services.categories import category_named
from knowledge.services.reading import AROUND
from knowledge.services.search import search
from supportai.core.actors import Actor
from supportai.core.api.bodies import valid
from supportai.core.api.idempotency import IDEMPOTENCY_KEY, once
from supportai.core.models import JSONDict

DETAILS = ("slug", "audience", "language", "product", "category", "valid_until")


@extend_schema_view(
    list=extend_schema(summary="List articles, newest first"), retrieve=extend_schema(summary="Read an article")
)
class ArticleViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet[Article]):
    """What customers read and the AI agent quotes."""

    permission_classes = (IsAuthenticated, HasScope, ReadsOrWritesArticles)
    serializer_class = serializers.ArticleSerializer
    filterset_class = ArticleFilter
    lookup_field = "public_id"
    lookup_value_converter = "uuid"
    queryset = Article.objects.none()

    def get_queryset(self) -> QuerySet[Article]:
        """Give all articles with the text that readers see, or their latest draft's, in one query."""
        latest = Revision.objects.filter(article=OuterRef("pk")).order_by("-number").values("body")[:1]
        shown = Coalesce("current_revision__body", Subquery(latest), Value(""), output_field=TextField())
        return Article.objects.select_related("source", "category").annotate(shown_body=shown)

    @extend_schema(
        summary="Write an article",
        request=serializers.WriteArticleSerializer,
        responses={201: serializers.ArticleSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    def create(self, request: Request) -> Response:
        given = valid(serializers.WriteArticleSerializer(data=request.data))

        def make() -> tuple[JSONDict, int]:
            article = articles.create_article(actor=staff_actor(request), **_with_category(given))
            return self._shown(article.pk), 201

        return once(request, make)

    @extend_schema(
        summary="Change an article",
        request=serializers.ReviseArticleSerializer,
        responses=serializers.ArticleSerializer,
    )
    def partial_update(self, request: Request, public_id: str) -> Response:  # noqa: ARG002 - get_object() reads it
        given = valid(serializers.ReviseArticleSerializer(data=request.data))
        article_id = self.get_object().pk
        change_article(article_id, given, staff_actor(request))
        return Response(self._shown(article_id))

    @extend_schema(
        summary="Archive an article: readers and the AI agent lose it, its revisions stay", responses={204: None}
    )
    def destroy(self, request: Request, public_id: str) -> Response:  # noqa: ARG002 - get_object() reads it
        articles.archive_article(article_id=self.get_object().pk, actor=staff_actor(request))
        return Response(status=204)

    def _shown(self, article_id: int) -> JSONDict:
        return dict(self.get_serializer(self.get_queryset().get(pk=article_id)).data)


@transaction.atomic
def change_article(article_id: int, changes: JSONDict, actor: Actor) -> None:
    """Change all or nothing; what is left out stays, also when another text arrives at the same moment."""
    article = Article.objects.select_for_update(of=("self",), no_key=True).get(pk=article_id)
    details = _with_category({name: changes[name] for name in DETAILS if name in changes})
    if details:
        articles.describe_article(article_id=article_id, actor=actor, **details)
    if "title" in changes or "body" in changes:
        shown = article.current_revision or article.revisions.order_by("-number").first()
        articles.revise_article(
            article_id=article_id,
            title=changes.get("title", article.title),
            body=changes.get("body", shown.body if shown else ""),
            actor=actor,
            is_published=changes.get("is_published", True),
        )
    elif changes.get("is_published"):
        articles.publish_article(article_id=article_id, actor=actor)


def _with_category(given: JSONDict) -> JSONDict:
    """Put the category in the place of its name."""
    return given | {"category": category_named(given["category"])} if "category" in given else given


@extend_schema_view(
    list=extend_schema(summary="List gaps: questions that no article answers, grouped by meaning"),
    retrieve=extend_schema(summary="Read a gap"),
)
class GapViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet[Gap]):
    """What people ask and no article answers; staff decide about it on their page."""

    permission_classes = (IsAuthenticated, HasScope, CanSeeInbox)
    serializer_class = serializers.GapSerializer
    filterset_class = GapFilter
    lookup_field = "public_id"
    lookup_value_converter = "uuid"
    queryset = Gap.objects.none()

    def get_queryset(self) -> QuerySet[Gap]:
        """Give gaps with who asked and what."""
        return selectors_gaps.gaps_with_examples()


class SearchView(APIView):
    """The search that the AI agent and the help center use."""

    permission_classes = (IsAuthenticated, HasScope, CanSeeInbox)

    @extend_schema(
        summary="Search articles and compose an extractive answer",
        parameters=[serializers.SearchQuerySerializer],
        responses=serializers.SearchResultSerializer,
    )
    def get(self, request: Request) -> Response:
        asked = valid(serializers.SearchQuerySerializer(data=request.query_params))
        found = search(
            query=asked["q"],
            audience=asked["audience"],
            language=asked["language"],
            product=asked["product"],
            limit=max(asked["limit"], AROUND),
        )
        answer = answer_question(question=asked["q"], passages=found)
        result = {"results": found[: asked["limit"]], "answer": answer.sentences, "probability": answer.probability}
        return Response(serializers.SearchResultSerializer(result).data)
