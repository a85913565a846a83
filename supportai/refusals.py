"""The one way in which a refusal is told: a toast in a page, a problem to a script, a page to a person."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from supportai.core.errors import DomainError
from supportai.core.htmx import ring_page


def answer_refusal(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Answer with what was refused, in the form that who asked can show (problem+json: RFC 9457)."""
    if request.headers.get("HX-Request") == "true":
        return ring_page(HttpResponse(status=error.status), "toast", {"text": error.message, "kind": "bad"})
    if "text/html" in request.headers.get("Accept", ""):
        return render(request, "refused.html", {"error": error}, status=error.status)
    problem = {
        "type": f"/problems/{error.code}",
        "title": error.message,
        "detail": error.message,
        "status": error.status,
        "code": error.code,
    }
    return JsonResponse(problem | error.extra, status=error.status, content_type="application/problem+json")
