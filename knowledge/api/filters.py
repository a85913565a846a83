"""What lists of articles can be narrowed by."""

import django_filters

from knowledge.models import Article


class ArticleFilter(django_filters.FilterSet):
    """By state, audience, language, section, origin, source or part of the title."""

    title = django_filters.CharFilter(field_name="title", lookup_expr="icontains")
    source = django_filters.CharFilter(field_name="source__name")

    class Meta:
        model = Article
        fields = ("state", "audience", "language", "product", "origin", "external_id", "slug")
