"""What lists of articles and gaps can be narrowed by."""

import django_filters

from knowledge.models import Article, Gap
from supportai.core.api.filtering import ListFilter


class ArticleFilter(ListFilter):
    """By state, audience, language, section, origin, source or part of the title."""

    title = django_filters.CharFilter(field_name="title", lookup_expr="icontains", help_text="Part of the title.")
    source = django_filters.CharFilter(field_name="source__name", help_text="The source's name.")

    class Meta(ListFilter.Meta):
        model = Article
        fields = ("state", "audience", "language", "product", "origin", "external_id", "slug")


class GapFilter(ListFilter):
    """By state, language or part of the title."""

    title = django_filters.CharFilter(field_name="title", lookup_expr="icontains", help_text="Part of the title.")

    class Meta(ListFilter.Meta):
        model = Gap
        fields = ("state", "language")
