"""What the API says about articles and search results, and what it takes."""

from rest_framework import serializers

from knowledge.models import Article
from supportai.core.api.bodies import Body


class ArticleSerializer(serializers.ModelSerializer[Article]):
    """An article with the Markdown that readers see, or the latest draft where nothing is published."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    body = serializers.SerializerMethodField(help_text="Markdown.")
    source = serializers.SlugRelatedField(slug_field="name", read_only=True, help_text="The source's name.")  # type: ignore[assignment, var-annotated]
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

    def get_body(self, article: Article) -> str:
        """Give the current revision's text."""
        revision = article.current_revision or article.revisions.order_by("-number").first()
        return revision.body if revision else ""


class WriteArticleSerializer(Body):
    """A new article."""

    title = serializers.CharField(max_length=300)
    body = serializers.CharField(max_length=500_000, trim_whitespace=False, help_text="Markdown.")
    slug = serializers.SlugField(max_length=190, required=False, help_text="By default made from the title.")
    audience = serializers.ChoiceField(choices=Article.Audience.choices, default=Article.Audience.PUBLIC)
    language = serializers.CharField(max_length=10, default="en")
    product = serializers.CharField(max_length=80, default="", allow_blank=True)
    is_published = serializers.BooleanField(default=True, help_text="False keeps it a draft.")


class ReviseArticleSerializer(Body):
    """A change; what is left out stays as it is."""

    title = serializers.CharField(max_length=300, required=False)
    body = serializers.CharField(max_length=500_000, required=False, trim_whitespace=False, help_text="Markdown.")
    slug = serializers.SlugField(max_length=190, required=False)
    audience = serializers.ChoiceField(choices=Article.Audience.choices, required=False)
    language = serializers.CharField(max_length=10, required=False)
    product = serializers.CharField(max_length=80, required=False, allow_blank=True)
    is_published = serializers.BooleanField(default=True, help_text="False stores the text as a draft for later.")


class SearchQuerySerializer(Body):
    """What is searched for."""

    q = serializers.CharField(max_length=4000, help_text="A question in the customer's own words.")
    limit = serializers.IntegerField(min_value=1, max_value=24, default=8)
    audience = serializers.ChoiceField(
        choices=Article.Audience.choices,
        default=Article.Audience.PUBLIC,
        help_text="staff also finds staff-only articles.",
    )
    language = serializers.CharField(
        max_length=10, default="", allow_blank=True, help_text="ISO 639-1; empty means all."
    )


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
