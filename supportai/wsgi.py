"""WSGI entry: plain HTTP under several workers, beside the ASGI server that holds the sockets."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "supportai.settings.dev")
application = get_wsgi_application()
