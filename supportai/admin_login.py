"""The admin's sign-in page, which asks nobody twice."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from supportai.core.errors import NotAllowedError


def admin_login(request: HttpRequest) -> HttpResponse:
    """Let somebody sign in to the admin; who is signed in without the right is told so instead.

    Raises:
        NotAllowedError: the account has no right to the admin.
    """
    if request.user.is_authenticated and not admin.site.has_permission(request):
        raise NotAllowedError("You may not open the admin. Ask an admin to change your role.")
    return admin.site.login(request)
