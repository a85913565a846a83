"""The article editor's form: Markdown with a live preview, and what saving does for readers."""

from typing import Any

from django import forms
from django.urls import reverse
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextareaWidget

from knowledge.models import Article
from supportai.core import clock


class MarkdownWidget(UnfoldAdminTextareaWidget):
    """A text field to which editor.js adds the page as readers would see it; without scripts the field alone."""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Say where the preview is rendered."""
        context: dict[str, Any] = super().get_context(name, value, attrs)
        context["widget"]["attrs"]["data-preview-url"] = reverse("admin:knowledge_article_preview")
        return context

    class Media:
        css = {"all": ("knowledge/editor.css",)}
        js = ("knowledge/editor.js",)


NOW, LATER = "now", "later"
SAVING = ((NOW, "Publish: readers see it at once"), (LATER, "Keep as a draft: readers see what they saw before"))


class ArticleForm(forms.ModelForm):
    """An article with its text, which is stored as a revision."""

    body = forms.CharField(
        label="Text",
        widget=MarkdownWidget(attrs={"rows": 28}),
        help_text="Markdown. Use a heading for each question and a numbered list for steps: "
        "the AI agent quotes whole sentences and whole lists.",
    )
    publishing = forms.ChoiceField(label="Saving", choices=SAVING, required=False, widget=UnfoldAdminRadioSelectWidget)
    read_revision = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Article
        fields = ("title", "slug", "audience", "language", "product", "category", "valid_until", "translation_of")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        slug = self.fields.get("slug")
        if slug is not None:
            slug.required = False
            slug.help_text = "The last part of its address in the help center. Empty: made from the title."
        self.latest = self.instance.revisions.order_by("-number").first() if self.instance.pk else None
        if self.latest is not None:
            read = {"title": self.latest.title, "body": self.latest.body, "read_revision": self.latest.number}
            self.initial.update(read)
        is_seen = self.instance.pk is None or self.instance.is_published
        # A new page may come filled in, as from a gap, and then asks to be kept as a draft.
        asked = self.initial.get("publishing") if self.instance.pk is None else None
        self.initial["publishing"] = asked or (NOW if is_seen else LATER)

    @property
    def is_published(self) -> bool:
        """Tell whether saving shows the text to readers."""
        return bool((self.cleaned_data["publishing"] or self.initial["publishing"]) == NOW)

    def clean_translation_of(self) -> Article | None:
        """Refuse what would make a chain, and say what to choose instead."""
        first: Article | None = self.cleaned_data["translation_of"]
        if first is None:
            return None
        if first.pk == self.instance.pk:
            raise forms.ValidationError("A page is no translation of itself. Choose the page in the other language.")
        if first.translation_of is not None:
            raise forms.ValidationError(
                f"“{first}” is a translation itself. Choose the page it was made from: “{first.translation_of}”."
            )
        if self.instance.pk and self.instance.translations.exists():
            raise forms.ValidationError("Other pages are translations of this one, so it cannot be one itself.")
        return first

    def clean(self) -> dict[str, Any]:
        """Refuse to write over what somebody else saved meanwhile; what was typed stays on the page."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        until = given.get("valid_until")
        if until is not None and until < clock.today() and self.is_published:
            self.add_error("valid_until", "This day is over, so nobody would read it. Choose a later day, or clear it.")
        read = given.get("read_revision")
        if self.latest is not None and read is not None and read != self.latest.number:
            who = self.latest.author or "Somebody"
            self.data = {**dict(self.data.items()), "read_revision": str(self.latest.number)}
            self.add_error(
                "body",
                f"{who} saved revision {self.latest.number} while you were writing. Nothing is lost: your text is still "
                "here, and theirs is in the list of revisions below. Save again to put yours after it.",
            )
        return given
