"""What the product is measured against on its own server, and triggers that must run inside it."""

import time

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from bench import tasks
from supportai.core.frames import send_frame


def plain(_request: HttpRequest) -> HttpResponse:
    """Answer a few bytes: what the server, Django and our middleware cost before a view does anything."""
    return HttpResponse("plain")


def query(request: HttpRequest) -> HttpResponse:
    """Answer after reading session and user: what any page of a signed-in person costs at least."""
    return HttpResponse("yes" if request.user.is_authenticated else "no")


@csrf_exempt
def enqueue(request: HttpRequest) -> JsonResponse:
    """Put `count` tasks into the product's queue, all named `batch`, and say when that began and ended."""
    count, batch = int(request.GET.get("count", "1")), request.GET.get("batch", "")
    started = time.monotonic()
    for number in range(count):
        tasks.note_start(f"{batch}.{number}", time.monotonic())
    return JsonResponse({"started": started, "ended": time.monotonic()})


@csrf_exempt
def burst(request: HttpRequest) -> JsonResponse:
    """Send `count` frames of about `size` bytes to a group through the product's doorbell."""
    count, size = int(request.GET.get("count", "1")), int(request.GET.get("size", "400"))
    started = time.monotonic()
    for number in range(count):
        send_frame(request.GET["group"], {"type": "bench", "number": number, "sent": time.monotonic(), "x": "x" * size})
    return JsonResponse({"started": started, "ended": time.monotonic()})
