"""Put customers' first messages into the product, one visitor each: python bench/turns.py NUMBER

Run by `bench/agent_runs.py` in the environment of what it measures, while no worker runs.
"""

import os
import sys
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")

import django  # noqa: E402 - needs the path

django.setup()

from accounts.models import Brand  # noqa: E402 - needs the apps
from accounts.services.contacts import create_visitor  # noqa: E402 - as above
from bench.retrieval import questions  # noqa: E402 - as above
from tickets.services.messages import post_customer_message  # noqa: E402 - as above


def main(number: int) -> None:
    """Write them."""
    brand = Brand.objects.get(slug="fernway")
    asked = questions()
    for index in range(number):
        post_customer_message(
            contact_id=create_visitor(brand_id=brand.pk).pk,
            brand_id=brand.pk,
            ticket_public_id=None,
            client_id=uuid.uuid4(),
            text=asked[index % len(asked)],
            identity_level="anonymous",
        )


if __name__ == "__main__":
    main(int(sys.argv[1]))
