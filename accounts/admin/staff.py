"""Admin pages of staff: users, roles, teams."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from accounts.errors import LastAdminError
from accounts.models import Team, User
from accounts.services import staff
from supportai.core.admin import ConfigurationAdmin, PlainAdmin

ROLES_HELP = (
    "Agent: answers customers. Lead: also configures the AI agent, procedures and knowledge. "
    "Admin: also staff, brands, tokens and integrations. AI oversight: reads everything, may stop the AI agent."
)


def role_title(group: Group) -> str:
    """Name a role as people do."""
    return str(dict(User.Role.choices).get(group.name, group.name))


class RoleFormMixin(forms.ModelForm):
    """Chooses roles with what each may do beside them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roles: Any = self.fields.get("groups")
        if roles is not None:
            roles.label, roles.help_text = "Roles", ROLES_HELP
            roles.label_from_instance = role_title
            roles.widget.can_add_related = False


class StaffCreationForm(RoleFormMixin, UserCreationForm):
    """A new member of staff."""

    class Meta:
        model = User
        fields = ("email", "name", "groups")

    def clean_email(self) -> str:
        """Refuse an address that somebody has in another case."""
        email = str(self.cleaned_data["email"]).strip().lower()
        if User.objects.filter(email__iexact=email).exclude(pk=self.instance.pk).exists():
            raise ValidationError("Somebody on staff has this address already.")
        return email


class StaffChangeForm(RoleFormMixin, UserChangeForm):
    """A member of staff; refuses what would leave no admin."""

    class Meta:
        model = User
        fields = ("email", "name", "password", "groups", "approval_limit_cents", "is_active")

    def clean(self) -> dict[str, Any]:
        """Keep at least one active admin."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        groups = cleaned.get("groups")
        stays = groups is None or any(group.name == User.Role.ADMIN for group in groups) or self.instance.is_superuser
        if self.instance.pk and (not stays or not cleaned.get("is_active", True)):
            try:
                staff.refuse_last_admin(self.instance)
            except LastAdminError as exc:
                raise ValidationError(exc.message) from exc
        return cleaned


@admin.register(User)
class UserAdmin(ConfigurationAdmin, DjangoUserAdmin):
    """Staff. Nobody is deleted, since what they wrote stays theirs: switch an account off instead."""

    form = StaffChangeForm
    add_form = StaffCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("name", "email", "role_names", "is_active", "last_login")
    list_filter = ("is_active", "groups")
    list_filter_submit = True
    search_fields = ("name", "email")
    ordering = ("name", "email")
    filter_horizontal = ()
    readonly_fields = ("last_login", "public_id")
    fieldsets = (
        (None, {"fields": (("name", "email"), "password")}),
        ("What they may do", {"fields": ("groups", "approval_limit_cents", "is_active")}),
        ("Record", {"fields": ("last_login", "public_id"), "classes": ("collapse",)}),
    )
    add_fieldsets = (
        (None, {"fields": (("name", "email"), "groups")}),
        ("Password", {"fields": ("usable_password", "password1", "password2")}),
    )

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer roles as boxes to tick."""
        if db_field.name == "groups":
            kwargs["widget"] = UnfoldAdminCheckboxSelectMultipleWidget
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Refuse."""
        return False

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Store the roles, and with them who may open the admin and whose tokens end."""
        super().save_related(request, form, formsets, change)
        names = {group.name for group in form.instance.groups.all()}
        staff.set_roles(user_id=form.instance.pk, roles=[role for role in User.Role if role.value in names])
        if not form.instance.is_active:
            staff.deactivate_staff(user_id=form.instance.pk)

    @display(description="Roles", label=True)
    def role_names(self, obj: User) -> list[str]:
        """Name the roles."""
        return [role_title(group) for group in obj.groups.all()]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Load the roles with the list."""
        return super().get_queryset(request).prefetch_related("groups")


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(PlainAdmin, DjangoGroupAdmin):
    """Roles. The four built-in ones are set by the product; own groups may be added for other mixtures."""

    list_display = ("title", "members")
    search_fields = ("name",)

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Refuse for built-in roles: each upgrade would undo it."""
        return super().has_change_permission(request, obj) and not _is_built_in(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Refuse for built-in roles."""
        return super().has_delete_permission(request, obj) and not _is_built_in(obj)

    @display(description="Role", ordering="name")
    def title(self, obj: Group) -> str:
        """Name the role as people do."""
        return role_title(obj)

    @display(description="Members")
    def members(self, obj: Group) -> int:
        """Count who has it."""
        return int(obj.user_set.filter(is_active=True).count())


def _is_built_in(group: Group | None) -> bool:
    return group is not None and group.name in User.Role.values


@admin.register(Team)
class TeamAdmin(PlainAdmin):
    """Teams; tickets of an intent go to the intent's team, the rest to the default one."""

    empty_hint = "Teams are where tickets of an intent go."
    list_display = ("name", "slug", "is_default", "member_names")
    search_fields = ("name", "slug")
    autocomplete_fields = ("members",)
    prepopulated_fields = {"slug": ("name",)}
    fieldsets = ((None, {"fields": (("name", "slug"), "members", "is_default")}),)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Load the members with the list."""
        return super().get_queryset(request).prefetch_related("members")

    @display(description="Members")
    def member_names(self, obj: Team) -> str:
        """Name the members."""
        return ", ".join(str(member) for member in obj.members.all()) or "nobody yet"
