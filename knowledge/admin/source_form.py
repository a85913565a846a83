"""The form of a source: what it is, where it is read, and files to upload."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminTextareaWidget

from knowledge.models import Source
from knowledge.readers import SUFFIXES, refusal_of
from supportai.core.uploads import MOST_BYTES, MOST_FILES, Received

ADDABLE = (Source.Kind.FILES, Source.Kind.SITE, Source.Kind.SITEMAP, Source.Kind.MANUAL)
KINDS = "Markdown, text, HTML, PDF, Word (.docx), CSV of questions and answers, JSON lines, or a zip archive of these"


class SeveralFilesInput(UnfoldAdminFileFieldWidget):
    """A box for files that takes several."""

    allow_multiple_selected = True

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        limits = {"data-most-files": MOST_FILES, "data-most-bytes": MOST_BYTES}
        super().__init__({"accept": ",".join(sorted(SUFFIXES)), **limits, **(attrs or {})})

    class Media:
        js = ("knowledge/uploads.js",)


class SeveralFilesField(forms.FileField):
    """Uploads as a list; each is checked by its name and size, and what is refused does not hold up the rest."""

    widget = SeveralFilesInput
    refused: Sequence[str] = ()

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        """Give what can be read; `refused` keeps the reasons of the rest. Nothing good is an error."""
        given = [data] if isinstance(data, UploadedFile) else list(data or [])
        judged = [(file, refusal_of(file.name or "", file.size or 0)) for file in given]
        good = [file for file, reason in judged if not reason]
        refused = [reason for _file, reason in judged if reason]
        if refused and not good:
            raise forms.ValidationError(refused)
        if self.required and not good:
            raise forms.ValidationError("Choose a file.")
        self.refused = refused
        return good


class SourceForm(forms.ModelForm):
    """A source with files to upload to it; `received` tells what came, since not all of it may have been kept."""

    received = Received()
    uploads = SeveralFilesField(
        label="Upload files",
        required=False,
        help_text=f"{KINDS}. Up to {MOST_FILES} at once; put more into an archive. A file of the same name takes the old one's place.",
    )

    class Meta:
        model = Source
        fields = (
            "name", "kind", "start_url", "max_depth", "max_pages", "include_patterns", "exclude_patterns", "language",
            "audience", "product", "refresh",
        )  # fmt: skip
        widgets = {
            "include_patterns": UnfoldAdminTextareaWidget(attrs={"rows": 3}),
            "exclude_patterns": UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = self.fields.get("kind")
        if kind is not None:
            kind.choices = [(choice.value, choice.label) for choice in ADDABLE]  # type: ignore[attr-defined]
            self.initial["kind"] = Source.Kind.FILES

    def clean(self) -> dict[str, Any]:
        """Ask a new source of files for at least one, and take files for no other kind."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if self.received.refusal:
            self.errors.pop("uploads", None)
            self.add_error("uploads", self.received.refusal)
            return values
        kind = values.get("kind") or self.instance.kind
        has_files = bool(values.get("uploads"))
        if kind == Source.Kind.FILES and not has_files and not self.instance.pk and "uploads" not in self.errors:
            self.add_error("uploads", "Choose at least one file.")
        if kind != Source.Kind.FILES and has_files:
            self.add_error("uploads", "Only a source of files takes files; choose Files as its kind.")
        return values
