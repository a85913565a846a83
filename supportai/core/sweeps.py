"""Work that is due and not done: each app registers a function, the worker calls them every few seconds.

Huey delivers at most once and its own cron has minutes; rows are the truth, so a lost task costs one sweep.
"""

from collections.abc import Callable

import structlog
from django.db import close_old_connections

log = structlog.get_logger(__name__)

Sweep = Callable[[], object]
_sweeps: list[Sweep] = []


def sweep(function: Sweep) -> Sweep:
    """Register a function that re-enqueues what is due; it must be cheap when nothing is."""
    if function not in _sweeps:
        _sweeps.append(function)
    return function


def run_sweeps() -> None:
    """Call every registered sweep once; one that fails is logged and does not stop the others."""
    for function in _sweeps:
        close_old_connections()
        try:
            function()
        except Exception:  # the sweeper thread must survive any one sweep
            log.exception("sweep.failed", sweep=f"{function.__module__}.{function.__qualname__}")
    close_old_connections()
