"""What the machine says: typed environment variables, each also readable from a `NAME_FILE` secret."""

import fcntl
import os
import secrets
from collections.abc import MutableMapping
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

BASE_DIR = Path(__file__).resolve().parents[2]
# Stood here as the default once, so everybody may know it; production refuses it and the doctor warns of it.
DEMO_SECRET_KEY = "demo-only-key-that-production-refuses-to-start-with"  # noqa: S105 - never used
KEY_BYTES = 48


class Environment(BaseSettings):
    """Addresses and secrets of this machine; nothing set means embedded."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)

    secret_key: str = ""
    secret_key_fallbacks: str = ""
    debug: bool = False
    data_dir: Path = BASE_DIR / "data"
    database_url: str = ""
    redis_url: str = ""
    redis_prefix: str = Field(default="supportai", alias="SUPPORTAI_REDIS_PREFIX", pattern="^[A-Za-z0-9_-]+$")
    elasticsearch_url: str = ""
    elasticsearch_prefix: str = Field(
        default="supportai", alias="SUPPORTAI_ELASTICSEARCH_PREFIX", pattern="^[a-z0-9-]+$"
    )
    database_pool: int = Field(default=10, alias="SUPPORTAI_DATABASE_POOL", ge=2)
    llm_provider: Literal["", "openai", "openai_compatible", "anthropic", "google", "ollama"] = Field(
        default="", alias="SUPPORTAI_LLM_PROVIDER"
    )
    llm_model: str = Field(default="", alias="SUPPORTAI_LLM_MODEL")
    llm_base_url: str = Field(default="", alias="SUPPORTAI_LLM_BASE_URL")
    llm_api_key: str = Field(default="", alias="SUPPORTAI_LLM_API_KEY", repr=False)
    allowed_hosts: str = "localhost,127.0.0.1,[::1]"
    csrf_trusted_origins: str = ""
    email_url: str = ""
    default_from_email: str = "support@localhost"
    trusted_proxies: str = Field(default="", alias="SUPPORTAI_TRUSTED_PROXIES")
    public_url: str = "http://localhost:8000"
    log_format: Literal["console", "json"] = "console"
    log_level: str = "INFO"
    lease_seconds: float = Field(default=20.0, alias="SUPPORTAI_LEASE_SECONDS", gt=0)
    sweep_seconds: float = Field(default=2.0, alias="SUPPORTAI_SWEEP_SECONDS", gt=0)
    worker_threads: int = Field(default=2, alias="SUPPORTAI_WORKER_THREADS", ge=1)
    max_upload_bytes: int = Field(default=10_000_000, alias="SUPPORTAI_MAX_UPLOAD_BYTES", gt=0)
    widget_messages_per_minute: int = Field(default=30, alias="SUPPORTAI_WIDGET_MESSAGES_PER_MINUTE", gt=0)
    widget_sessions_per_minute: int = Field(default=60, alias="SUPPORTAI_WIDGET_SESSIONS_PER_MINUTE", gt=0)
    widget_visitor_messages_per_minute: int = Field(
        default=600, alias="SUPPORTAI_WIDGET_VISITOR_MESSAGES_PER_MINUTE", gt=0
    )
    help_searches_per_minute: int = Field(default=120, alias="SUPPORTAI_HELP_SEARCHES_PER_MINUTE", gt=0)
    widget_visitors_per_minute: int = Field(default=300, alias="SUPPORTAI_WIDGET_VISITORS_PER_MINUTE", gt=0)
    api_requests_per_minute: int = Field(default=600, alias="SUPPORTAI_API_REQUESTS_PER_MINUTE", ge=0)
    outbound_allowed: str = Field(default="", alias="SUPPORTAI_OUTBOUND_ALLOWED")
    outbound_ports: str = Field(default="80,443", alias="SUPPORTAI_OUTBOUND_PORTS", pattern=r"^\d+(\s*,\s*\d+)*$")
    outbound_contact: str = Field(default="", alias="SUPPORTAI_OUTBOUND_CONTACT", pattern="^[!-~]*$")
    demo: bool = Field(default=False, alias="SUPPORTAI_DEMO")
    crash_at: str = Field(default="", alias="SUPPORTAI_CRASH_AT")

    def hosts(self) -> list[str]:
        """Split `ALLOWED_HOSTS` at commas."""
        return split_list(self.allowed_hosts)


def split_list(text: str) -> list[str]:
    """Split a comma-separated value, dropping empty parts."""
    return [part.strip() for part in text.split(",") if part.strip()]


def read_secret_files(environ: MutableMapping[str, str]) -> None:
    """Set `NAME` from the file that `NAME_FILE` names, as container secrets come; a plain `NAME` wins.

    Raises:
        OSError: a file is named but cannot be read.
    """
    for name, field in Environment.model_fields.items():
        variable = field.alias or name.upper()
        path = environ.get(f"{variable}_FILE")
        if path and not environ.get(variable):
            environ[variable] = Path(path).read_text(encoding="utf-8").strip()


def kept_secret_key(path: Path) -> str:
    """Give the random key that a file keeps, made at the first call for nobody but this user to read.

    Processes that start at once get the same key: the file is filled under a lock, and an empty one is not yet a key.

    Raises:
        OSError: the file can neither be read nor made.
    """
    if path.exists() and (kept := path.read_text(encoding="ascii").strip()):
        return kept
    with open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="ascii") as file:  # noqa: PTH123 - by its fd
        fcntl.flock(file, fcntl.LOCK_EX)
        kept = file.read().strip()
        if not kept:
            kept = secrets.token_urlsafe(KEY_BYTES)
            os.fchmod(file.fileno(), 0o600)
            file.write(f"{kept}\n")
            file.flush()
            os.fsync(file.fileno())
    return kept


@cache
def environment() -> Environment:
    """Read the environment once per process."""
    read_secret_files(os.environ)
    return Environment()
