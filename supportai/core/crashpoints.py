"""Points at which a test can kill the process, to prove that work goes on from the journal after a crash."""

import os
import signal

from django.conf import settings


def crashpoint(name: str) -> None:
    """Kill this process with SIGKILL when `SUPPORTAI_CRASH_AT` names this point; otherwise do nothing.

    Fires once per `DATA_DIR`, so that the restarted process gets past it. `settings.CRASH_AT` is empty
    unless the process is a demo, which production refuses to be.
    """
    if name != settings.CRASH_AT:
        return
    try:
        (settings.DATA_DIR / f"crashed-at-{name}").touch(exist_ok=False)
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
