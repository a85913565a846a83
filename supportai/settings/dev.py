"""The embedded product: `make demo` and development. Demo logins are allowed here and only here."""

from supportai.settings.base import *
