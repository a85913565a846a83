"""`manage.py demo`: what `make demo` runs once everything is installed."""

import shutil
import socket
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

LOGINS = (
    ("admin@fernway.example", "admin: everything, the configuration too"),
    ("ines@fernway.example", "lead: inbox, approvals, learned answers"),
    ("jonas@fernway.example", "agent: inbox"),
    ("olga@fernway.example", "AI oversight: reads what the AI agent did"),
)


Announce = Callable[[str, int], None]


class Command(BaseCommand):
    help = "Prepare the demo company and serve it, with the worker in the same process, until Ctrl+C."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the address, or the wish to delete the data."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--delete-data", action="store_true", help="delete the demo's data and stop")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Check the port, migrate, seed, serve.

        Raises:
            CommandError: this is no demo (`SUPPORTAI_DEMO` unset) or the port is taken.
        """
        if not settings.DEMO:
            raise CommandError("Set SUPPORTAI_DEMO=1: this makes accounts whose password everybody knows.")
        refuse_taken_port(options["host"], options["port"])
        if options["delete_data"]:
            self.delete_data()
            return
        self.stdout.write("Preparing the database ...")
        call_command("migrate", verbosity=0)
        call_command("seed_demo", stdout=self.stdout)
        serve(host=options["host"], port=options["port"], announce=self.announce)

    def delete_data(self) -> None:
        """Empty the data folder; a process of its own, because this one has its files open.

        Raises:
            CommandError: the folder does not look like the demo's.
        """
        folder: Path = settings.DATA_DIR
        if not (folder / "supportai.sqlite3").exists() and any(folder.glob("*/*/*")):
            raise CommandError(f"{folder} holds no demo; delete it by hand if that is what you want.")
        self.stdout.write(f"Deleting {folder} ...")
        shutil.rmtree(folder)

    def announce(self, host: str, port: int) -> None:
        """Print where the product is and who can log in."""
        address = f"http://{'localhost' if host in {'127.0.0.1', '0.0.0.0'} else host}:{port}"  # noqa: S104 - printed
        lines = [
            "",
            "The demo runs.",
            f"  Demo page with the widget  {address}/demo/",
            f"  Help center                {address}/help/",
            f"  Staff inbox                {address}/",
            f"  Admin                      {address}/admin/",
            "",
            "Staff logins (password of all: demo)",
            *(f"  {email:24} {role}" for email, role in LOGINS),
            "",
            "Stop with Ctrl+C. Data are kept; `make demo-reset` starts afresh.",
        ]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()


def refuse_taken_port(host: str, port: int) -> None:
    """Say so in words when something else listens there.

    Raises:
        CommandError: the port is taken.
    """
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as exc:
            raise CommandError(
                f"Cannot listen on {host}:{port} ({exc.strerror}). Choose another: make demo PORT=8001"
            ) from exc


class AnnouncingServer(uvicorn.Server):
    """A server that calls back once it answers."""

    def __init__(self, config: uvicorn.Config, announce: Announce) -> None:
        super().__init__(config)
        self.announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then announce the address, unless starting failed."""
        await super().startup(sockets)
        if self.started:
            self.announce(self.config.host, self.config.port)


def serve(*, host: str, port: int, announce: Announce) -> None:
    """Serve over HTTP and websockets, with the worker in the lifespan, until a signal."""
    # Nothing was collected, since finders serve a demo's static files.
    warnings.filterwarnings("ignore", "No directory at")
    config = uvicorn.Config(
        "supportai.asgi:application",
        host=host,
        port=port,
        lifespan="on",
        ws="websockets-sansio",
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=5,
    )
    AnnouncingServer(config, announce).run()
