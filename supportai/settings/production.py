"""Production: refuses what is only fit for a demo."""

from django.core.exceptions import ImproperlyConfigured

from supportai.settings.base import *
from supportai.settings.base import EMAIL_BACKEND, ENV
from supportai.settings.env import DEMO_SECRET_KEY

# Not the key that the embedded product keeps in `DATA_DIR`: a secret beside the data that it protects protects nothing.
if ENV.secret_key == DEMO_SECRET_KEY or len(ENV.secret_key) < 40:  # noqa: PLR2004 - Django's own check asks for 50
    raise ImproperlyConfigured("Set SECRET_KEY (or SECRET_KEY_FILE) to at least 40 random characters.")
if ENV.demo:
    raise ImproperlyConfigured("SUPPORTAI_DEMO makes demo logins; unset it in production.")
if not ENV.email_url or EMAIL_BACKEND.endswith("console.EmailBackend"):
    # Printed mail reaches nobody and leaves what it says, such as codes, in the log.
    raise ImproperlyConfigured(
        "Set EMAIL_URL (or EMAIL_URL_FILE), such as smtp+tls://user:password@mail.example.com:587."
    )

DEBUG = False
REFUSE_DEMO_LOGINS = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31_536_000
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = False
