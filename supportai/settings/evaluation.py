"""A child process of `manage.py evaluate`: as a simulation's, but its document store may be in Elasticsearch."""

import os

from supportai.settings.simulation import *

# Named apart, because a simulation forgets the machine's own address on purpose.
ELASTICSEARCH_URL = os.environ.get("EVALUATION_ELASTICSEARCH_URL", "")
