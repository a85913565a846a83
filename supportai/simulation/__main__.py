"""`python -m supportai.simulation build|serve`: one child process of `manage.py simulate`."""

import sys
from pathlib import Path

import django
from django.conf import settings


def main() -> None:
    """Build the template in `DATA_DIR`, or play the scenarios that come in as lines."""
    django.setup()
    # Imported only now, because models need the apps to be loaded.
    from supportai.simulation.child import build_template, serve

    # Whatever the product prints (mails, for one) must not get between the lines of the protocol.
    out, sys.stdout = sys.stdout, sys.stderr
    if sys.argv[1] == "build":
        build_template(Path(settings.DATA_DIR))
    else:
        serve(sys.stdin, out)


if __name__ == "__main__":
    main()
