"""A simulation's child process: embedded, in a throw-away `DATA_DIR`, tasks run where they are enqueued."""

import os
from pathlib import Path

from huey import MemoryHuey

# Nothing of the parent's shape reaches a child: neither its database nor its queue, store or provider.
for _name in ("DATABASE_URL", "REDIS_URL", "ELASTICSEARCH_URL", "SUPPORTAI_CRASH_AT"):
    os.environ.pop(_name, None)

from supportai.settings.base import *
from supportai.settings.base import DATA_DIR, ENV
from supportai.settings.env import kept_secret_key

SECRET_KEY = ENV.secret_key or kept_secret_key(Path(DATA_DIR) / "secret_key")
HUEY = MemoryHuey("simulation", immediate=True)
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
MEDIA_ROOT = Path(DATA_DIR) / "files"
