"""Every process starts without the heavy packages; they come with the first call that needs them."""

import subprocess
import sys

from supportai.tests.servers import ROOT, embedded_environment

HEAVY = ["haystack", "haystack_integrations", "sklearn", "onnxruntime", "tokenizers", "elasticsearch", "lingua"]
SDKS = ["openai", "anthropic", "google.genai", "ollama", "mcp", "posthog"]
SCRIPT = """
import sys
import django
django.setup()
{more}
print(",".join(name for name in {names} if name in sys.modules))
"""


def loaded(tmp_path, *, more: str = "") -> str:
    """Start a fresh interpreter and tell which heavy packages are in it."""
    script = SCRIPT.format(more=more, names=HEAVY + SDKS)
    command = [sys.executable, "-c", script]
    # The WSGI entry wants an address of Redis; nothing connects to it.
    environment = embedded_environment(tmp_path, REDIS_URL="redis://127.0.0.1:1/0")
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


def test_django_setup_loads_nothing_heavy(tmp_path):
    assert loaded(tmp_path) == ""


def test_urls_admin_and_sockets_load_nothing_heavy(tmp_path):
    more = (
        "from django.contrib import admin; admin.autodiscover(); import supportai.urls, supportai.asgi, supportai.wsgi"
    )
    assert loaded(tmp_path, more=more) == ""


def test_the_queue_s_tasks_load_nothing_heavy_before_they_run(tmp_path):
    assert loaded(tmp_path, more="from supportai.worker import import_tasks; import_tasks()") == ""
