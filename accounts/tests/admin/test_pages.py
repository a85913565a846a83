"""Staff, customers, brands and tokens in the admin: what is shown once, and what is refused."""

import re

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from accounts import selectors
from accounts.models import ApiToken, Brand, User
from accounts.tests.factories import (
    ApiTokenFactory,
    BrandFactory,
    ContactFactory,
    OrganizationFactory,
    TeamFactory,
    UserFactory,
    VisitorFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin_user():
    return UserFactory(role="admin")


@pytest.fixture
def page(client: Client, admin_user: User) -> Client:
    client.force_login(admin_user)
    return client


def group(name: str) -> str:
    return str(Group.objects.get(name=name).pk)


class TestStaff:
    def add(self, page, **changes):
        data = {
            "name": "Jonas Berg",
            "email": "Jonas@Fernway.example",
            "groups": [group("lead")],
            "usable_password": "true",
            "password1": "correct horse battery",
            "password2": "correct horse battery",
            **changes,
        }
        return page.post("/admin/accounts/user/add/", data)

    def change(self, page, user, **changes):
        data = {
            "name": user.name,
            "email": user.email,
            "groups": [str(g.pk) for g in user.groups.all()],
            "approval_limit_cents": "10000",
            "is_active": "on",
            **changes,
        }
        return page.post(f"/admin/accounts/user/{user.pk}/change/", {k: v for k, v in data.items() if v is not None})

    def test_a_role_decides_about_the_admin(self, page):
        assert self.add(page).status_code == 302
        user = User.objects.get(email="jonas@fernway.example")
        assert user.is_staff
        assert user.check_password("correct horse battery")
        self.change(page, user, groups=[group("agent")])
        user.refresh_from_db()
        assert not user.is_staff

    def test_an_address_is_taken_in_any_case(self, page):
        UserFactory(email="jonas@fernway.example")
        response = self.add(page)
        assert "email" in response.context["adminform"].form.errors

    def test_the_last_admin_keeps_the_role_and_stays(self, page, admin_user):
        assert self.change(page, admin_user, groups=[group("agent")]).status_code == 200
        assert self.change(page, admin_user, is_active=None).status_code == 200
        admin_user.refresh_from_db()
        assert admin_user.is_active
        assert admin_user.groups.get().name == "admin"

    def test_switching_somebody_off_ends_their_tokens(self, page):
        token = ApiTokenFactory()
        assert self.change(page, token.user, is_active=None).status_code == 302
        token.refresh_from_db()
        assert token.is_revoked

    def test_nobody_is_deleted(self, page):
        user = UserFactory()
        assert page.post(f"/admin/accounts/user/{user.pk}/delete/", {"post": "yes"}).status_code == 403

    def test_the_password_page_works(self, page):
        user = UserFactory()
        address = f"/admin/accounts/user/{user.pk}/password/"
        assert page.get(address).status_code == 200
        page.post(address, {"password1": "another horse battery", "password2": "another horse battery"})
        user.refresh_from_db()
        assert user.check_password("another horse battery")

    def test_histories_never_hold_a_password(self, page):
        self.add(page)
        record = User.objects.get(email="jonas@fernway.example").history.first()
        assert "password" not in {field.name for field in record._meta.fields}

    def test_built_in_roles_cannot_be_changed(self, page):
        agents = Group.objects.get(name="agent")
        address = f"/admin/auth/group/{agents.pk}"
        assert page.post(f"{address}/change/", {"name": "agent", "permissions": []}).status_code == 403
        assert page.post(f"{address}/delete/", {"post": "yes"}).status_code == 403
        own = Group.objects.create(name="Night shift")
        assert page.get(f"/admin/auth/group/{own.pk}/change/").status_code == 200

    def test_teams_show_their_members(self, page):
        team = TeamFactory()
        team.members.add(UserFactory(name="Ines Moreau"))
        assert "Ines Moreau" in page.get("/admin/accounts/team/").content.decode()


class TestBrands:
    FIELDS = {
        "name": "Fernway",
        "slug": "fernway",
        "color": "#14201c",
        "greeting": "Hi!",
        "suggestions": "How do I invite Jo?\nI was charged twice",
        "languages": "en\nde",
        "allowed_origins": "https://app.fernway.example",
    }

    def test_the_tag_to_copy_stands_on_the_page_of_a_brand(self, page, settings):
        settings.PUBLIC_URL = "https://help.example"
        brand = BrandFactory(slug="fernway")
        text = page.get(f"/admin/accounts/brand/{brand.pk}/change/").content.decode()
        assert (
            "&lt;script src=&quot;https://help.example/widget/widget.js&quot; data-brand=&quot;fernway&quot; async&gt;"
            in text
        )
        assert "widget.js" not in page.get("/admin/accounts/brand/add/").content.decode()

    def test_lists_are_lines_and_the_key_is_shown_once(self, page):
        response = page.post("/admin/accounts/brand/add/", self.FIELDS, follow=True)
        brand = Brand.objects.get()
        assert brand.suggestions == ["How do I invite Jo?", "I was charged twice"]
        assert (brand.languages, brand.allowed_origins) == (["en", "de"], ["https://app.fernway.example"])
        assert brand.signing_key in response.content.decode()
        assert brand.signing_key not in page.get(f"/admin/accounts/brand/{brand.pk}/change/").content.decode()

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("color", "green"),
            ("allowed_origins", "app.fernway.example"),
            ("allowed_origins", "https://app.fernway.example/path"),
            ("suggestions", "1\n2\n3\n4\n5"),
            ("slug", "two words"),
        ],
    )
    def test_what_makes_no_sense_is_refused_at_its_field(self, page, field, value):
        response = page.post("/admin/accounts/brand/add/", {**self.FIELDS, field: value})
        assert field in response.context["adminform"].form.errors

    def test_a_new_key_is_made_by_a_post_only(self, page):
        brand = BrandFactory()
        old = brand.signing_key
        address = f"/admin/accounts/brand/{brand.pk}/new-key/"
        assert page.get(address).status_code == 200
        brand.refresh_from_db()
        assert brand.signing_key == old, "opening the question changes nothing"
        response = page.post(address, {"_form_submitted": "on"})
        brand.refresh_from_db()
        assert brand.signing_key != old
        assert brand.previous_signing_key == old
        assert brand.signing_key in page.get(response["Location"]).content.decode()

    def test_the_old_key_is_dropped(self, page):
        brand = BrandFactory(previous_signing_key="old")
        page.post(f"/admin/accounts/brand/{brand.pk}/drop-old-key/", {"_form_submitted": "on"})
        brand.refresh_from_db()
        assert brand.previous_signing_key == ""

    def test_leads_look_and_do_not_rotate(self, client):
        client.force_login(UserFactory(role="lead"))
        brand = BrandFactory()
        assert client.get(f"/admin/accounts/brand/{brand.pk}/change/").status_code == 200
        assert client.post(f"/admin/accounts/brand/{brand.pk}/new-key/", {"_form_submitted": "on"}).status_code == 403

    def test_a_brand_in_use_is_not_deleted(self, page):
        brand = ContactFactory().brand
        assert page.post(f"/admin/accounts/brand/{brand.pk}/delete/", {"post": "yes"}).status_code == 403


class TestTokens:
    def add(self, page, user, **changes):
        data = {"name": "billing backend", "user": str(user.pk), "scopes": ["read", "write"], **changes}
        return page.post("/admin/accounts/apitoken/add/", data, follow=True)

    def test_the_secret_is_shown_once_and_works(self, page, admin_user):
        html = self.add(page, admin_user).content.decode()
        secret = re.search(r"sai_[\w-]+", html).group()
        token = selectors.token_by_secret(secret)
        assert (token.name, token.user, token.scopes) == ("billing backend", admin_user, ["read", "write"])
        assert ApiToken.objects.count() == 1
        assert secret not in page.get(f"/admin/accounts/apitoken/{token.pk}/change/").content.decode()

    def test_a_token_needs_a_scope(self, page, admin_user):
        response = self.add(page, admin_user, scopes=[])
        assert "scopes" in response.context["adminform"].form.errors
        assert not ApiToken.objects.exists()

    def test_stored_tokens_are_read_only(self, page):
        token = ApiTokenFactory(scopes=["read"])
        address = f"/admin/accounts/apitoken/{token.pk}"
        assert page.get(f"{address}/change/").status_code == 200
        assert page.post(f"{address}/change/", {"scopes": ["write"]}).status_code == 403
        assert page.post(f"{address}/delete/", {"post": "yes"}).status_code == 403

    def test_revoking_from_the_list(self, page):
        token = ApiTokenFactory()
        page.post(
            "/admin/accounts/apitoken/",
            {"action": "revoke", "_selected_action": [str(token.pk)], "_form_submitted": "True"},
        )
        token.refresh_from_db()
        assert token.is_revoked

    def test_rotating_shows_a_new_secret(self, page):
        token = ApiTokenFactory(secret="sai_old")
        response = page.post(f"/admin/accounts/apitoken/{token.pk}/rotate/", {"_form_submitted": "on"})
        html = page.get(response["Location"]).content.decode()
        assert selectors.token_by_secret("sai_old") is None
        assert selectors.token_by_secret(re.search(r"sai_[\w-]+", html).group()).name == token.name


class TestCustomers:
    def test_a_verified_address_cannot_be_edited(self, page):
        contact = ContactFactory(email="ana@northwind.example")
        data = {"name": "Ana", "email": "mallory@evil.example", "locale": "", "plan": "", "organization": ""}
        page.post(f"/admin/accounts/contact/{contact.pk}/change/", data)
        contact.refresh_from_db()
        assert (contact.email, contact.name) == ("ana@northwind.example", "Ana")

    def test_nobody_is_made_verified_by_hand(self, page):
        visitor = VisitorFactory()
        data = {"name": "", "email": "ana@northwind.example", "is_verified": "on", "external_id": "u-1"}
        page.post(f"/admin/accounts/contact/{visitor.pk}/change/", data)
        visitor.refresh_from_db()
        assert (visitor.is_verified, visitor.external_id) == (False, "")

    def test_lists_say_how_sure_we_are_and_what_they_pay(self, page):
        ContactFactory(organization=OrganizationFactory(name="Northwind", mrr_cents=129900))
        VisitorFactory()
        VisitorFactory(email="claims@x.example")
        contacts = page.get("/admin/accounts/contact/").content.decode()
        assert all(word in contacts for word in ("Verified", "Anonymous", "Claimed"))
        assert "1,299.00" in page.get("/admin/accounts/organization/").content.decode()
