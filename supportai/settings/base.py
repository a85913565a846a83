"""The one full set of settings; dev, production and test override a few lines each.

Nothing in the environment means embedded: SQLite, in-memory channel layer, SqliteHuey inside the
server process, the embedded document store. Each address switches its own part.
"""

import os
from typing import Any

import environ
from huey import RedisHuey, SqliteHuey
from redis import ConnectionPool

from supportai.core.logs import logging_config
from supportai.settings.env import BASE_DIR, environment, split_list
from supportai.settings.rest import REST_FRAMEWORK, SPECTACULAR_SETTINGS

# Read by Haystack at its first import; unset would mean that it phones home.
os.environ.setdefault("HAYSTACK_TELEMETRY_ENABLED", "False")
# It would write each of its log lines a second time, past our removal of personal data.
os.environ.setdefault("HAYSTACK_LOGGING_IGNORE_STRUCTLOG", "true")
# Read by numpy at its first import. The heads' matrices are small: with two threads that spin at each product,
# training them took 28 s of processor time instead of 3 s on a busy machine.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

ENV = environment()
DATA_DIR = ENV.data_dir
DATA_DIR.mkdir(parents=True, exist_ok=True)

SECRET_KEY = ENV.secret_key
SECRET_KEY_FALLBACKS = split_list(ENV.secret_key_fallbacks)
SALT_KEY = ["supportai-credentials-1"]
DEBUG = ENV.debug
ALLOWED_HOSTS = ENV.hosts()
CSRF_TRUSTED_ORIGINS = split_list(ENV.csrf_trusted_origins)
TRUSTED_PROXIES = split_list(ENV.trusted_proxies)
PUBLIC_URL = ENV.public_url.rstrip("/")

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.simple_history",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "django_htmx",
    "huey.contrib.djhuey",
    "simple_history",
    "csp",
    "supportai.apps.SupportaiConfig",
    "accounts.apps.AccountsConfig",
    "integrations.apps.IntegrationsConfig",
    "knowledge.apps.KnowledgeConfig",
    "tickets.apps.TicketsConfig",
    "insights.apps.InsightsConfig",
]

MIDDLEWARE = [
    "supportai.middleware.TrustedProxyMiddleware",
    "supportai.middleware.RequestLogMiddleware",
    "supportai.core.api.middleware.ApiMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "supportai.middleware.ContentSecurityPolicyMiddleware",
    "supportai.middleware.DomainErrorMiddleware",
]

ROOT_URLCONF = "supportai.urls"
ASGI_APPLICATION = "supportai.asgi.application"
WSGI_APPLICATION = "supportai.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tickets.context_processors.staff_bar",
            ],
        },
    },
]

# --- Database -----------------------------------------------------------------------------------
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
}


def database(url: str) -> dict[str, Any]:
    """Turn `DATABASE_URL` into Django's mapping; empty means the SQLite file in `DATA_DIR`."""
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DATA_DIR / "supportai.sqlite3",
            "OPTIONS": SQLITE_OPTIONS,
            # Kept, because opening one with these options costs 3 ms of processor time, six times a small query.
            "CONN_MAX_AGE": None,
        }
    config: dict[str, Any] = environ.Env.db_url_config(url)
    if config["ENGINE"].endswith("postgresql"):
        config["OPTIONS"] = {**config.get("OPTIONS", {}), "pool": {"min_size": 1, "max_size": ENV.database_pool}}
        # A pooled connection may have died with its server since it was used last.
        config["CONN_HEALTH_CHECKS"] = True
    return config


DATABASES = {"default": database(ENV.database_url)}

# --- Redis or memory ----------------------------------------------------------------------------
REDIS_URL = ENV.redis_url
# What every name in Redis begins with, so that one server may serve several deployments.
REDIS_PREFIX = ENV.redis_prefix
CHANNEL_LAYERS: dict[str, Any]
HUEY: Any
if REDIS_URL:
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {
                # A line that died without a word is found within seconds; until then its rings would be missed.
                "hosts": [{"address": REDIS_URL, "health_check_interval": 10, "socket_keepalive": True}],
                "prefix": REDIS_PREFIX,
            },
        }
    }
    CACHES = {
        "default": {
            "BACKEND": "supportai.core.cache.LastingRedisCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": REDIS_PREFIX,
            # Nobody waits long for a Redis that is gone: what it holds can be done without.
            "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 2},
        }
    }
    # A worker waits up to a second for the next task, so its reads may take longer than that.
    HUEY = RedisHuey(
        REDIS_PREFIX,
        connection_pool=ConnectionPool.from_url(REDIS_URL, socket_connect_timeout=2, socket_timeout=5),
        immediate=False,
    )
else:
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels.layers.InMemoryChannelLayer",
            "CONFIG": {"capacity": 1000},
        }
    }
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    HUEY = SqliteHuey("supportai", filename=str(DATA_DIR / "queue.sqlite3"), immediate=False)

# Without Redis the worker lives in the server process: the in-memory layer reaches no other one.
WORKER_IN_SERVER = not REDIS_URL
WORKER_THREADS = ENV.worker_threads
SWEEP_SECONDS = ENV.sweep_seconds
LEASE_SECONDS = ENV.lease_seconds
ELASTICSEARCH_URL = ENV.elasticsearch_url
# What every name of an index begins with, so that one cluster may serve several deployments.
ELASTICSEARCH_PREFIX = ENV.elasticsearch_prefix

# --- Language model: the default provider; rows in the admin override it -------------------------
LLM = {
    "provider": ENV.llm_provider,
    "model": ENV.llm_model,
    "base_url": ENV.llm_base_url,
    "api_key": ENV.llm_api_key,
}

# --- Accounts -----------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "tickets:inbox"
LOGOUT_REDIRECT_URL = "accounts:login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
DEMO = ENV.demo
# Production does: a server does not start while the demo's password opens a door.
REFUSE_DEMO_LOGINS = False
# A test's way to kill the process at a named point; nothing but a demo can be told to.
CRASH_AT = ENV.crash_at if ENV.demo else ""

# --- Language, time, files ----------------------------------------------------------------------
LANGUAGE_CODE = "en"
# Before the catalogues of Django and Unfold, which know some of the same words.
LOCALE_PATHS = [BASE_DIR / "knowledge" / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "supportai" / "static"]
WHITENOISE_USE_FINDERS = True
MEDIA_ROOT = DATA_DIR / "files"
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
# So many are counted, to tell how many came; the first handler keeps a hundred of them. Each costs the parser 1 ms.
DATA_UPLOAD_MAX_NUMBER_FILES = 500
FILE_UPLOAD_HANDLERS = [
    "supportai.core.uploads.BoundedUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
DATA_UPLOAD_MAX_MEMORY_SIZE = ENV.max_upload_bytes
MAX_UPLOAD_BYTES = ENV.max_upload_bytes

# --- Widget: messages of one customer, new visitors from one address; both of all visitors together ----
WIDGET_MESSAGES_PER_MINUTE = ENV.widget_messages_per_minute
WIDGET_SESSIONS_PER_MINUTE = ENV.widget_sessions_per_minute
WIDGET_VISITOR_MESSAGES_PER_MINUTE = ENV.widget_visitor_messages_per_minute
WIDGET_VISITORS_PER_MINUTE = ENV.widget_visitors_per_minute
# --- Help center: searches from one address, also those made while somebody types ----
HELP_SEARCHES_PER_MINUTE = ENV.help_searches_per_minute
# --- REST API: requests of one token; 0 counts nothing ----
API_REQUESTS_PER_MINUTE = ENV.api_requests_per_minute

# --- Addresses that people enter or pages name (supportai.core.outbound) -------------------------
OUTBOUND_ALLOWED = split_list(ENV.outbound_allowed)
OUTBOUND_PORTS = [int(port) for port in split_list(ENV.outbound_ports)]
# The name that robots.txt of a site speaks to, and where whoever runs that site finds us.
OUTBOUND_AGENT = "supportai"
OUTBOUND_CONTACT = ENV.outbound_contact or PUBLIC_URL

# --- Browser-side safety ------------------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"

# --- Logs ---------------------------------------------------------------------------------------
LOGGING_CONFIG = None
LOGGING = logging_config(level=ENV.log_level, renderer=ENV.log_format)

# The admin in the product's colours (supportai/static/supportai/css/tokens.css): greens of ink, petrol to act.
UNFOLD = {
    "SITE_TITLE": "supportai",
    "SITE_HEADER": "supportai",
    "SITE_SUBHEADER": "Configuration",
    "SITE_SYMBOL": "support_agent",
    "SITE_URL": "/",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "/static/supportai/icon.svg"}],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": True,
    "SHOW_BACK_BUTTON": True,
    "BORDER_RADIUS": "6px",
    "COLORS": {
        "base": {
            "50": "#f7f8f6",
            "100": "#f2f4f1",
            "200": "#dfe4df",
            "300": "#c5cdc8",
            "400": "#98a69f",
            "500": "#66736d",
            "600": "#56635e",
            "700": "#3f4c47",
            "800": "#26312d",
            "900": "#161e1b",
            "950": "#0e1412",
        },
        "primary": {
            "50": "#eef7f7",
            "100": "#d8ecec",
            "200": "#b3dbdd",
            "300": "#8fd3d7",
            "400": "#6fcdd2",
            "500": "#3aa3ab",
            "600": "#0b5962",
            "700": "#094c54",
            "800": "#0a3f46",
            "900": "#0b343a",
            "950": "#062024",
        },
    },
    "LOGIN": {"form": "accounts.forms.AdminSignInForm"},
    "SIDEBAR": {"show_search": True, "show_all_applications": False, "navigation": "supportai.navigation.sidebar"},
}


# --- Mail ---------------------------------------------------------------------------------------
def mail(url: str) -> dict[str, Any]:
    """Turn `EMAIL_URL` into Django's settings; empty means that mail is printed.

    Raises:
        ImproperlyConfigured: it names no kind of mail server that we know.
    """
    config = environ.Env.email_url_config(url or "consolemail://")
    # What the address leaves out has Django's default.
    said = {name: value for name, value in config.items() if value is not None}
    return {"EMAIL_HOST": "localhost", "EMAIL_PORT": 25, "EMAIL_HOST_USER": "", "EMAIL_HOST_PASSWORD": ""} | said


MAIL = mail(ENV.email_url)
EMAIL_BACKEND: str = MAIL["EMAIL_BACKEND"]
EMAIL_HOST, EMAIL_PORT = MAIL["EMAIL_HOST"], MAIL["EMAIL_PORT"]
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MAIL["EMAIL_HOST_USER"], MAIL["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS, EMAIL_USE_SSL = MAIL.get("EMAIL_USE_TLS", False), MAIL.get("EMAIL_USE_SSL", False)
EMAIL_FILE_PATH = MAIL["EMAIL_FILE_PATH"] or None
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = ENV.default_from_email
SERVER_EMAIL = DEFAULT_FROM_EMAIL
