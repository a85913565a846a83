"""The product's settings with the benches' own addresses and tasks added; started by benches only, never deployed."""

from supportai.settings.dev import *  # noqa: F403 - all of it
from supportai.settings.dev import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "bench"]
ROOT_URLCONF = "bench.urls"
