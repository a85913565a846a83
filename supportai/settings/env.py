"""What the machine says: typed environment variables, each also readable from a `NAME_FILE` secret."""

import os
from collections.abc import MutableMapping
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

BASE_DIR = Path(__file__).resolve().parents[2]
DEMO_SECRET_KEY = "demo-only-key-that-production-refuses-to-start-with"  # noqa: S105 - refused by production.py


class Environment(BaseSettings):
    """Addresses and secrets of this machine; nothing set means embedded."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)

    secret_key: str = DEMO_SECRET_KEY
    secret_key_fallbacks: str = ""
    debug: bool = False
    data_dir: Path = BASE_DIR / "data"
    database_url: str = ""
    redis_url: str = ""
    elasticsearch_url: str = ""
    allowed_hosts: str = "localhost,127.0.0.1,[::1]"
    csrf_trusted_origins: str = ""
    public_url: str = "http://localhost:8000"
    log_format: Literal["console", "json"] = "console"
    log_level: str = "INFO"
    lease_seconds: float = Field(default=20.0, alias="SUPPORTAI_LEASE_SECONDS", gt=0)
    sweep_seconds: float = Field(default=2.0, alias="SUPPORTAI_SWEEP_SECONDS", gt=0)
    worker_threads: int = Field(default=2, alias="SUPPORTAI_WORKER_THREADS", ge=1)
    max_upload_bytes: int = Field(default=10_000_000, alias="SUPPORTAI_MAX_UPLOAD_BYTES", gt=0)
    widget_messages_per_minute: int = Field(default=30, alias="SUPPORTAI_WIDGET_MESSAGES_PER_MINUTE", gt=0)
    widget_sessions_per_minute: int = Field(default=60, alias="SUPPORTAI_WIDGET_SESSIONS_PER_MINUTE", gt=0)
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


@cache
def environment() -> Environment:
    """Read the environment once per process."""
    read_secret_files(os.environ)
    return Environment()
