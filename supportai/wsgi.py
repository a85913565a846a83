"""WSGI entry: plain HTTP under several workers, beside the ASGI server that holds the sockets."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "supportai.settings.dev")
application = get_wsgi_application()

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

if settings.WORKER_IN_SERVER:
    # No worker lives here, and the one in the ASGI server would be out of earshot: work would wait for nobody.
    raise ImproperlyConfigured(
        "The WSGI entry runs beside other processes, so it needs REDIS_URL. Without Redis start the ASGI server alone: "
        "python -m uvicorn supportai.asgi:application --lifespan on"
    )
if settings.REFUSE_DEMO_LOGINS:
    from supportai.demo.logins import refuse_demo_logins

    refuse_demo_logins()
