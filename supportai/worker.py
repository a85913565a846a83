"""The worker: a Huey consumer and a sweeper thread, inside the server process or as a process of its own."""

import threading

import structlog
from django.conf import settings
from django.core.cache import cache
from django.db import connections
from huey.consumer import Consumer

from supportai.core import clock
from supportai.core.sweeps import run_sweeps

log = structlog.get_logger(__name__)

# Huey's idle polling backs off to 10 s by default; a customer would feel that.
POLL_SECONDS = 0.05
# Where a worker leaves the time it was last alive, for the doctor; forgotten after an hour.
SEEN_KEY, SEEN_SECONDS = "worker:seen", 3600


class Sweeper(threading.Thread):
    """Calls the sweeps every few seconds until told to stop."""

    def __init__(self) -> None:
        super().__init__(name="sweeper", daemon=True)
        self.stopped = threading.Event()

    def run(self) -> None:
        """Sweep at once, since a restart is when something may be due, then at each interval."""
        while not self.stopped.is_set():
            note_alive()
            run_sweeps()
            self.stopped.wait(settings.SWEEP_SECONDS)


def note_alive() -> None:
    """Leave a sign of life where other processes find it."""
    cache.set(SEEN_KEY, clock.now(), SEEN_SECONDS)


class Worker:
    """Starts and stops the consumer's threads without touching the process's signal handlers."""

    def __init__(self) -> None:
        self.consumer = _QuietConsumer(
            settings.HUEY,
            workers=settings.WORKER_THREADS,
            initial_delay=POLL_SECONDS,
            max_delay=POLL_SECONDS * 2,
            check_worker_health=False,
        )
        self.sweeper = Sweeper()

    def start(self) -> None:
        """Start threads and return."""
        import_tasks()
        self.consumer.start()
        self.sweeper.start()
        threading.Thread(target=warm_up, name="warm-up", daemon=True).start()
        log.info("worker.started", threads=settings.WORKER_THREADS)

    def stop(self) -> None:
        """Let running tasks finish, then end the threads."""
        self.sweeper.stopped.set()
        self.consumer.stop(graceful=True)
        log.info("worker.stopped")


class _QuietConsumer(Consumer):
    """A consumer that leaves signals to whoever owns the process."""

    def _set_signal_handlers(self) -> None:
        """Do nothing: the server, or `manage.py worker`, handles signals."""


def import_tasks() -> None:
    """Import every app's `tasks`, so that the registry knows them."""
    from django.utils.module_loading import autodiscover_modules

    autodiscover_modules("tasks")


def warm_up() -> None:
    """Load models and train heads before the first customer comes; what fails here fails again where it is logged."""
    from tickets.agent.understanding import warm_up as warm_up_heads
    from tickets.selectors_agent import agent_settings

    try:
        warm_up_heads(agent_settings())
    except Exception:  # a cold start is slower, never fatal
        log.exception("worker.warm_up_failed")
    finally:
        connections.close_all()
