"""What the API says about articles, gaps and search results, and what it takes."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from knowledge.models import Article, Gap
from supportai.core.api.bodies import Body, Shown

EXAMPLES = 5


class ArticleSerializer(Shown):
    """An article with the Markdown that readers see, or the latest draft where nothing is published."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    body = serializers.CharField(source="shown_body", read_only=True, help_text="Markdown.")
    source = serializers.CharField(  # type: ignore[assignment]
        source="source.name", read_only=True, allow_null=True, help_text="The source's name."
    )
    category = serializers.CharField(source="category.name", read_only=True, default=None, allow_null=True)
    url = serializers.CharField(source="get_absolute_url", read_only=True)
    is_indexed = serializers.BooleanField(source="is_index_current", read_only=True)

    class Meta:
        model = Article
        fields = (
            "id",
            "slug",
            "title",
            "body",
            "state",
            "audience",
            "language",
            "product",
            "category",
            "valid_until",
            "origin",
            "source",
            "external_id",
            "url",
            "is_indexed",
            "published_at",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "An article",
            {"title": "Refunds", "body": "A refund takes **five days**.", "product": "Billing"},
            request_only=True,
        )
    ]
)
class WriteArticleSerializer(Body):
    """A new article."""

    title = serializers.CharField(max_length=300)
    body = serializers.CharField(max_length=500_000, trim_whitespace=False, help_text="Markdown.")
    slug = serializers.SlugField(max_length=190, required=False, help_text="By default made from the title.")
    audience = serializers.ChoiceField(choices=Article.Audience.choices, default=Article.Audience.PUBLIC)
    language = serializers.CharField(max_length=10, default="en")
    product = serializers.CharField(max_length=80, default="", allow_blank=True)
    category = serializers.CharField(
        max_length=80,
        required=False,
        help_text="A category's name, made if there is none; by default the product names it.",
    )
    valid_until = serializers.DateField(
        required=False, allow_null=True, help_text="The last day on which it is true; nobody reads it afterwards."
    )
    is_published = serializers.BooleanField(default=True, help_text="False keeps it a draft.")


class ReviseArticleSerializer(Body):
    """A change; what is left out stays as it is."""

    title = serializers.CharField(max_length=300, required=False)
    body = serializers.CharField(max_length=500_000, required=False, trim_whitespace=False, help_text="Markdown.")
    slug = serializers.SlugField(max_length=190, required=False)
    audience = serializers.ChoiceField(choices=Article.Audience.choices, required=False)
    language = serializers.CharField(max_length=10, required=False)
    product = serializers.CharField(max_length=80, required=False, allow_blank=True)
    category = serializers.CharField(
        max_length=80, required=False, help_text="A category's name, made if there is none."
    )
    valid_until = serializers.DateField(required=False, allow_null=True, help_text="Null: it has no last day.")
    is_published = serializers.BooleanField(
        required=False,
        help_text="False stores the text as a draft for later; true without a text publishes the latest draft.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a draft of nothing."""
        if attrs.get("is_published") is False and not {"title", "body"} & set(attrs):
            raise serializers.ValidationError({"is_published": ["False needs a title or a body to keep as a draft."]})
        return attrs


class SearchQuerySerializer(Body):
    """What is searched for."""

    q = serializers.CharField(max_length=4000, help_text="A question in the customer's own words.")
    limit = serializers.IntegerField(min_value=1, max_value=24, default=8, help_text="Passages at most.")
    audience = serializers.ChoiceField(
        choices=Article.Audience.choices,
        default=Article.Audience.PUBLIC,
        help_text="staff also finds staff-only articles.",
    )
    language = serializers.CharField(
        max_length=10, default="", allow_blank=True, help_text="ISO 639-1; empty means all."
    )
    product = serializers.CharField(max_length=80, default="", allow_blank=True, help_text="Empty means all.")


class FoundPassageSerializer(serializers.Serializer[object]):
    """A passage, best first; `start` and `end` span it in the revision's Markdown."""

    slug = serializers.CharField()
    title = serializers.CharField()
    heading = serializers.CharField()
    body = serializers.CharField()
    start = serializers.IntegerField()
    end = serializers.IntegerField()
    score = serializers.FloatField()
    dense = serializers.FloatField()
    lexical = serializers.FloatField()
    origin = serializers.CharField()


class QuotedSentenceSerializer(serializers.Serializer[object]):
    """A sentence or step that answers, with its place."""

    text = serializers.CharField()
    mark = serializers.CharField()
    is_step = serializers.BooleanField()
    slug = serializers.CharField(source="passage.slug")
    start = serializers.IntegerField()
    end = serializers.IntegerField()


class SearchResultSerializer(serializers.Serializer[object]):
    """What was found; `probability` is the calibrated chance that `answer` answers the question."""

    results = FoundPassageSerializer(many=True)
    answer = QuotedSentenceSerializer(many=True)
    probability = serializers.FloatField()


class GapQuestionSerializer(serializers.Serializer[object]):
    """A question, personal data masked as far as its form tells; `origin` names the ticket and its episode, or a search and its day."""

    text = serializers.CharField()
    kind = serializers.CharField(help_text="handed_off, person_answered or searched.")
    origin = serializers.CharField()
    asked_at = serializers.DateTimeField()


class GapSerializer(Shown):
    """Questions of one meaning that no article answers, with how often and by how many they were asked."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    contact_count = serializers.IntegerField(read_only=True, help_text="Different customers; searchers are unknown.")
    organization_count = serializers.IntegerField(read_only=True, help_text="Different companies.")
    owner = serializers.CharField(
        source="owner.email", read_only=True, allow_null=True, help_text="Who planned or dismissed it."
    )
    article = serializers.CharField(
        source="article.slug", read_only=True, allow_null=True, help_text="The slug of the article that covers it."
    )
    examples = serializers.SerializerMethodField(help_text="The five questions asked last.")

    class Meta:
        model = Gap
        fields = (
            "id",
            "title",
            "state",
            "language",
            "question_count",
            "contact_count",
            "organization_count",
            "first_asked_at",
            "last_asked_at",
            "owner",
            "article",
            "covered_at",
            "reopened_at",
            "examples",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields

    @extend_schema_field(GapQuestionSerializer(many=True))
    def get_examples(self, gap: Gap) -> Any:
        """Give some of the questions, which the view has loaded."""
        # Of a customer who was erased only the count is left.
        readable = [question for question in gap.questions.all() if question.text]
        return GapQuestionSerializer(readable[:EXAMPLES], many=True).data
