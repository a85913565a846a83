"""The embedded product: `make demo` and development. Demo logins are allowed here and only here."""

from supportai.settings.base import *
from supportai.settings.base import DATA_DIR, ENV
from supportai.settings.env import kept_secret_key

# Sessions are signed and credentials encrypted with it, so no two installations may share one.
SECRET_KEY = ENV.secret_key or kept_secret_key(DATA_DIR / "secret_key")
