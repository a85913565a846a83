"""Tests: tasks run where they are enqueued, nothing is hashed slowly, files go to a throw-away folder."""

import tempfile
from pathlib import Path

from huey import MemoryHuey

from supportai.settings.base import *
from supportai.settings.base import DATABASES, ENV, SQLITE_OPTIONS

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
LEASE_SECONDS = 5.0
SECRET_KEY = "test-only-" + "k" * 50
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
