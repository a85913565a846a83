"""The admin page of the help center's categories."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from knowledge.models import Category
from knowledge.services.categories import free_slug
from supportai.core.admin import PlainAdmin


class CategoryForm(forms.ModelForm):
    """A category whose address may be left to its name."""

    class Meta:
        model = Category
        fields = ("name", "slug", "description", "icon", "position")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False
            self.fields["slug"].help_text = "The last part of its address. Empty: made from the name."

    def clean_slug(self) -> str:
        """Make the address from the name where none was given."""
        return self.cleaned_data["slug"] or self.instance.slug or free_slug(self.cleaned_data.get("name", ""))


@admin.register(Category)
class CategoryAdmin(PlainAdmin):
    """The help center's shelves, in the order that readers see."""

    empty_hint = "Articles stand on shelves in the help center. Make one, and choose it on an article's page."
    form = CategoryForm
    list_display = ("name", "position", "description", "articles_count")
    search_fields = ("name", "description")
    fieldsets = ((None, {"fields": (("name", "slug"), "description", ("icon", "position"))}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Category]:
        """Count each category's articles."""
        rows: QuerySet[Category] = super().get_queryset(request)
        return rows.annotate(count=Count("articles"))

    @display(description="Articles", ordering="count")
    def articles_count(self, obj: Any) -> int:
        """Tell how many articles stand on it."""
        return int(obj.count)
