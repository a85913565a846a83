"""What every page of the admin shares: our look, histories, read-only records, safe credentials, buttons that ask first."""

import json
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import quote
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from supportai.core.errors import DomainError
from supportai.core.secrets import SecretField


class PlainAdmin(ModelAdmin):
    """An admin page of a model without history; `empty_hint` says on an empty list what the rows are for."""

    empty_hint = ""
    list_per_page = 50
    show_full_result_count = False
    list_filter_submit = True
    warn_unsaved_form = True
    formfield_overrides: Any = {SecretField: {"widget": UnfoldAdminPasswordWidget}}

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave secrets out for those who may only look: Django would print the value where it offers no box."""
        fieldsets = super().get_fieldsets(request, obj)
        if self.has_change_permission(request, obj) or (obj is None and self.has_add_permission(request)):
            return fieldsets
        secret = {field.name for field in self.model._meta.get_fields() if isinstance(field, SecretField)}
        return [(title, {**options, "fields": _without(options["fields"], secret)}) for title, options in fieldsets]


def _without(fields: Iterable[Any], names: set[str]) -> list[Any]:
    """Leave out fields by name, also in the rows of several."""
    rows = (field if isinstance(field, str) else _without(field, names) for field in fields)
    return [row for row in rows if row and not (isinstance(row, str) and row in names)]


class ConfigurationAdmin(SimpleHistoryAdmin, PlainAdmin):
    """An admin page of a configuration row: each change is kept with who made it, and can be looked up."""


class ReadOnlyAdmin(PlainAdmin):
    """A page that shows records of what happened; nobody writes them by hand."""

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        """Refuse."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False


def pretty_json(value: Any) -> str:
    """Show plain data indented, safe to put on a page."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    return format_html('<pre class="max-w-3xl overflow-x-auto whitespace-pre-wrap text-xs">{}</pre>', text)


# --- Actions that change something ------------------------------------------------------------------
ROWS_NAMED = 10
# More than a page of rows is not sent back and forth by number: the list is asked for all of them once more.
ROWS_SENT = 200
# A question is answered once: a double click and a POST that is sent again carry the same value.
ONCE = "_once"
ONCE_KEPT = 24 * 60 * 60
DONE_ALREADY = "This was done already; here is how it stands now."
GONE = "This cannot be done any more, or not by you. The page shows how it stands now."


class ReasonForm(BaseDialogForm):
    """Asks why, so that the next person knows."""

    reason = forms.CharField(
        label="Why", max_length=300, required=False, widget=UnfoldAdminTextInputWidget, help_text="Seen by staff only."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """A button that somebody pressed and confirmed: on which rows, and what they filled in."""

    request: HttpRequest
    given: dict[str, Any]
    row: Any = None
    rows: Any = ()

    @property
    def pk(self) -> int:
        """Give the number of the one row that a button of a row's page is about."""
        return int(self.row.pk)


@dataclass(frozen=True, slots=True)
class Done:
    """What came of an action: what to say, how loudly, and where to go when not back to where it came from."""

    text: str
    level: int = messages.SUCCESS
    url: str = ""


def told_of(problem: str) -> Done:
    """Say what came of asking another system; an empty problem is none."""
    return Done(f"It cannot be used: {problem}", messages.ERROR) if problem else Done("It answers.")


Deed = Callable[[Any, Press], str | Done]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dialog:
    """What a button asks before it does something."""

    label: str
    title: str
    text: str
    button: str
    permission: str
    form: type[BaseDialogForm]
    deed: Deed

    def answer(
        self, page: ModelAdmin, request: HttpRequest, queryset: QuerySet[Any] | None, object_id: str | None
    ) -> HttpResponse:
        """Ask, or do it once it was confirmed; who may not is refused both times."""
        row = None if object_id is None else page.get_object(request, object_id)
        if object_id is not None and row is None:
            raise Http404("There is no such row.")
        if not self.may(page, request, row):
            return _refuse(page, request, row)
        is_sent = request.method == "POST" and "_form_submitted" in request.POST
        form = self.form(data=request.POST if is_sent else None, request=request, object_id=object_id)
        if not is_sent or not form.is_valid():
            return self.ask(page, request, form, queryset, row)
        once = request.POST.get(ONCE, "")[:64]
        if once and not cache.add(f"confirmed:{request.user.pk}:{once}", 1, ONCE_KEPT):
            messages.info(request, DONE_ALREADY)
            return _go(request, _home(page, request, row))
        press = Press(request=request, given=form.cleaned_data, row=row, rows=() if queryset is None else queryset)
        try:
            done = self.deed(page, press)
        except DomainError as exc:
            done = Done(exc.message, messages.ERROR)
        done = Done(done) if isinstance(done, str) else done
        if done.text:
            messages.add_message(request, done.level, done.text)
        return _go(request, done.url or _home(page, request, row))

    def may(self, page: ModelAdmin, request: HttpRequest, row: Any) -> bool:
        """Ask the page's `has_…_permission`, about a row where there is one."""
        rule = getattr(page, f"has_{self.permission}_permission")
        return bool(rule(request) if row is None else rule(request, row.pk))

    def ask(
        self, page: ModelAdmin, request: HttpRequest, form: BaseDialogForm, queryset: QuerySet[Any] | None, row: Any
    ) -> HttpResponse:
        """Show what will happen to which rows: inside the page where a button asks, else as a page of its own."""
        total = int(row is not None) if queryset is None else queryset.count()
        named = [row] * total if queryset is None else list(queryset[:ROWS_NAMED])
        context = {
            "dialog": self,
            "form": form,
            "rows": [describe_row(page, each) for each in named],
            "more": total - len(named),
            "kind": page.opts.verbose_name,
            "hidden": [(ONCE, secrets.token_urlsafe(16)), *_chosen(request, queryset, total)],
            "title": self.title,
            "opts": page.opts,
            "back": _home(page, request, row),
        }
        if _is_inside(request):
            return render(request, "admin/confirm_dialog.html", context)
        return TemplateResponse(request, "admin/confirm_page.html", page.admin_site.each_context(request) | context)


def confirmed(
    *, label: str, title: str, text: str, button: str, permission: str, form: type[BaseDialogForm] = BaseDialogForm
) -> Callable[[Deed], Callable[..., HttpResponse]]:
    """Make a button that changes something: it asks first, and only a confirmed POST does it.

    For `actions`, `actions_list`, `actions_row` and `actions_detail` alike. The method gets a `Press` and returns what to
    say; a `DomainError` is said as it is worded. `permission` names the `has_…_permission` that is asked before the
    question and before the deed; `title` and `text` say in plain words what will happen, `button` what is pressed then.
    """

    def decorate(deed: Deed) -> Callable[..., HttpResponse]:
        dialog = _Dialog(
            label=label, title=title, text=text, button=button, permission=permission, form=form, deed=deed
        )

        @wraps(deed)
        def view(
            page: ModelAdmin,
            request: HttpRequest,
            queryset: QuerySet[Any] | None = None,
            object_id: str | None = None,
        ) -> HttpResponse:
            return dialog.answer(page, request, queryset, object_id)

        # What Unfold and Django read from an action; a truthy `dialog` makes its button open inside the page.
        vars(view).update(
            short_description=label, allowed_permissions=(permission,), url_path=deed.__name__.replace("_", "-"),
            dialog=dialog, attrs={}, variant=ActionVariant.DEFAULT, original_function_name=deed.__name__,
        )  # fmt: skip
        return view

    return decorate


def describe_row(page: ModelAdmin, row: Any) -> str:
    """Name a row in a question; a page says more with a `describe` of its own."""
    describe: Callable[[Any], str] = getattr(page, "describe", str)
    return describe(row)


def _chosen(request: HttpRequest, queryset: QuerySet[Any] | None, total: int) -> list[tuple[str, str]]:
    """Carry the chosen rows on to the confirmed request, as the list sends them."""
    if queryset is None:
        return []
    is_all = request.POST.get("select_across") == "1" and total > ROWS_SENT
    keys = request.POST.getlist(ACTION_CHECKBOX_NAME) if is_all else [str(row.pk) for row in queryset]
    kept = [("action", request.POST.get("action", "")), ("select_across", "1" if is_all else "0")]
    return [*kept, *((ACTION_CHECKBOX_NAME, key) for key in keys)]


def _refuse(page: ModelAdmin, request: HttpRequest, row: Any) -> HttpResponse:
    """Refuse; whoever pressed a button of a page that is out of date gets the page as it is now."""
    if row is None or not _is_inside(request) or not page.has_view_permission(request, row):
        raise PermissionDenied
    messages.error(request, GONE)
    return HttpResponse(status=403, headers={"HX-Redirect": _home(page, request, row)})


def _home(page: ModelAdmin, request: HttpRequest, row: Any) -> str:
    """Give the row's page, or the list as it was filtered."""
    name = f"{page.admin_site.name}:{page.opts.app_label}_{page.opts.model_name}"
    if row is not None:
        return reverse(f"{name}_change", args=[quote(str(row.pk))])
    address = reverse(f"{name}_changelist")
    return request.get_full_path() if request.path == address else address


def _is_inside(request: HttpRequest) -> bool:
    """Tell whether a script asks on behalf of a page, which then shows the answer itself."""
    return request.headers.get("HX-Request") == "true"


def _go(request: HttpRequest, url: str) -> HttpResponse:
    """Send the browser on after a dialog."""
    return HttpResponse(headers={"HX-Redirect": url}) if _is_inside(request) else HttpResponseRedirect(url)
