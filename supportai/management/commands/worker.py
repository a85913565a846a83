"""`manage.py worker`: the queue's consumer and the sweeps in a process of their own."""

import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from supportai.worker import Worker


class Command(BaseCommand):
    help = "Run queued tasks and sweeps until SIGINT or SIGTERM; running tasks are finished first. Needs REDIS_URL."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Start the worker, wait for a signal, stop it.

        Raises:
            CommandError: without Redis the worker lives in the server process, where the in-memory layer is.
        """
        if settings.WORKER_IN_SERVER:
            raise CommandError("Without REDIS_URL the worker runs inside the server process; start the server alone.")
        stopped = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopped.set())
        worker = Worker()
        worker.start()
        self.stdout.write("The worker runs. Stop it with SIGINT or SIGTERM.")
        stopped.wait()
        worker.stop()
