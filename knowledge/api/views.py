"""REST: articles and search."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from accounts.api.permissions import CanSeeInbox, HasScope
from knowledge import selectors
from knowledge.acting import staff_actor
from knowledge.api import serializers
from knowledge.api.filters import ArticleFilter
from knowledge.api.permissions import ReadsOrWritesArticles
from knowledge.models import Article
from knowledge.services import articles
from knowledge.services.answers import compose
from knowledge.services.search import search
from supportai.core.api.bodies import valid
from supportai.core.api.idempotency import IDEMPOTENCY_KEY, once

DETAILS = ("slug", "audience", "language", "product")


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
        """Give all articles with their texts."""
        return selectors.all_articles()

    @extend_schema(
        summary="Write an article",
        request=serializers.WriteArticleSerializer,
        responses={201: serializers.ArticleSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    def create(self, request: Request) -> Response:
        given = valid(serializers.WriteArticleSerializer(data=request.data))

        def make() -> tuple[Any, int]:
            article = articles.create_article(actor=staff_actor(request), **given)
            return self.get_serializer(article).data, 201

        return once(request, make)

    @extend_schema(
        summary="Change an article",
        request=serializers.ReviseArticleSerializer,
        responses=serializers.ArticleSerializer,
    )
    def partial_update(self, request: Request, public_id: str) -> Response:  # noqa: ARG002 - get_object() reads it
        given = valid(serializers.ReviseArticleSerializer(data=request.data))
        article = self.get_object()
        details = {name: given[name] for name in DETAILS if name in given}
        if details:
            article = articles.describe_article(article_id=article.pk, **details)
        if "title" in given or "body" in given:
            before = self.get_serializer(article).data
            article = articles.revise_article(
                article_id=article.pk,
                title=given.get("title", before["title"]),
                body=given.get("body", before["body"]),
                actor=staff_actor(request),
                is_published=given["is_published"],
            )
        return Response(self.get_serializer(article).data)

    @extend_schema(
        summary="Archive an article: readers and the AI agent lose it, its revisions stay", responses={204: None}
    )
    def destroy(self, request: Request, public_id: str) -> Response:  # noqa: ARG002 - get_object() reads it
        articles.archive_article(article_id=self.get_object().pk)
        return Response(status=204)


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
            query=asked["q"], audience=asked["audience"], language=asked["language"], limit=max(asked["limit"], 8)
        )
        answer = compose(question=asked["q"], passages=found)
        result = {"results": found[: asked["limit"]], "answer": answer.sentences, "probability": answer.probability}
        return Response(serializers.SearchResultSerializer(result).data)
