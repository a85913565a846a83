"""Tests: tasks run where they are enqueued, nothing is hashed slowly, files go to a throw-away folder."""

import tempfile
import uuid
from pathlib import Path
from typing import Any

from huey import MemoryHuey

from supportai.settings.base import *
from supportai.settings.base import CACHES, CHANNEL_LAYERS, DATABASES, ENV, SQLITE_OPTIONS

DATA_DIR = Path(tempfile.mkdtemp(prefix="supportai-test-"))
MEDIA_ROOT = DATA_DIR / "files"
if not ENV.database_url:
    DATABASES["default"] |= {
        "NAME": DATA_DIR / "main.sqlite3",
        # A file, not :memory:, because sockets and threads open connections of their own.
        "TEST": {"NAME": DATA_DIR / "test.sqlite3"},
        "OPTIONS": SQLITE_OPTIONS,
    }
HUEY = MemoryHuey("supportai-test", immediate=True)
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# Long enough that no renewal falls due within a test: it has a connection of its own, which sees nothing of a test's
# open transaction.
LEASE_SECONDS = 60.0
SECRET_KEY = "test-only-" + "k" * 50
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

# Test processes that run at once share the services, so each has names of its own there.
PREFIX = f"test-{uuid.uuid4().hex[:12]}"
ELASTICSEARCH_PREFIX = REDIS_PREFIX = PREFIX
if ENV.redis_url:
    layer: dict[str, Any] = CHANNEL_LAYERS["default"]
    layer["CONFIG"]["prefix"] = PREFIX
    CACHES["default"] |= {"BACKEND": "supportai.tests.shared_cache.SharedRedisCache", "KEY_PREFIX": PREFIX}
# Tests say themselves which model they talk to.
LLM = {"provider": "", "model": "", "base_url": "", "api_key": ""}
