"""Who may talk to us from a browser: origins per brand, sessions, rate limits."""

from urllib.parse import urlsplit

import structlog
from django.conf import settings

from accounts.errors import SessionExpiredError
from accounts.models import Brand, IdentityLevel
from accounts.widget import WidgetSession, read_session
from supportai.core.errors import NotAllowedError
from supportai.core.limits import count_against

log = structlog.get_logger(__name__)

MINUTE = 60
HOUR = 3600
UPLOADS_PER_HOUR = 60
# Who is counted when all visitors are counted as one: addresses are cheap to change.
ALL_VISITORS = "visitors"
# An Origin header may be of any length.
MAX_LOGGED = 200


class OriginNotAllowedError(NotAllowedError):
    """The page that the widget runs on is not in the brand's list."""

    code = "origin_not_allowed"


def is_own_origin(origin: str, host: str) -> bool:
    """Tell whether an Origin header names the host that was asked, or our public address."""
    netloc = urlsplit(origin).netloc
    return bool(netloc) and netloc in {host, urlsplit(settings.PUBLIC_URL).netloc}


def is_allowed_origin(brand: Brand, origin: str, host: str) -> bool:
    """Tell whether a brand's widget may run on an origin.

    Browsers always send the header with websockets and cross-origin requests. A client without one is no browser,
    could send any, and is held by its session token alone.
    """
    return not origin or is_own_origin(origin, host) or origin in brand.allowed_origins


def is_known_origin(origin: str, host: str) -> bool:
    """Tell whether any brand may run there: a preflight request does not say which one it is."""
    if not origin or is_own_origin(origin, host):
        return True
    return any(origin in origins for origins in Brand.objects.values_list("allowed_origins", flat=True))


def log_refused_origin(origin: str, *, brand: str = "") -> None:
    """Tell the operator which site was refused: mostly a brand's own that an admin forgot to list."""
    log.warning("widget.origin_not_allowed", brand=brand, origin=origin[:MAX_LOGGED])


def check_origin(brand: Brand, origin: str, host: str) -> None:
    """Refuse a site that the brand does not list.

    Raises:
        OriginNotAllowedError: it does not.
    """
    if not is_allowed_origin(brand, origin, host):
        log_refused_origin(origin, brand=brand.slug)
        raise OriginNotAllowedError("This site may not show this widget; an admin can add it to the brand's origins.")


def session_of(token: str, *, origin: str, host: str) -> WidgetSession:
    """Read a session for a request from an origin.

    Raises:
        SessionExpiredError: the token is not ours or too old.
        OriginNotAllowedError: the brand does not list the origin.
    """
    session = read_session(token)
    check_origin(session.brand, origin, host)
    return session


def count_message(session: WidgetSession) -> None:
    """Count a message against its sender's limit and, of a visitor, against the one of all visitors.

    Raises:
        TooManyRequestsError: the customer writes faster than people do, or all visitors together do.
    """
    count_against("message", session.contact.pk, limit=settings.WIDGET_MESSAGES_PER_MINUTE, seconds=MINUTE)
    if session.level != IdentityLevel.SIGNED:
        count_against("message", ALL_VISITORS, limit=settings.WIDGET_VISITOR_MESSAGES_PER_MINUTE, seconds=MINUTE)


def count_upload(session: WidgetSession) -> None:
    """Count a file against its sender's limit.

    Raises:
        TooManyRequestsError: too many files in an hour.
    """
    count_against("upload", session.contact.pk, limit=UPLOADS_PER_HOUR, seconds=HOUR)


def count_new_session(brand: Brand, *, old_session: str | None, address: str) -> None:
    """Count a session that makes a new visitor, for its address and for all; one that goes on costs nothing.

    Raises:
        TooManyRequestsError: too many visitors from one address, or altogether.
    """
    if goes_on(brand, old_session or ""):
        return
    count_against("session", address, limit=settings.WIDGET_SESSIONS_PER_MINUTE, seconds=MINUTE)
    count_against("session", ALL_VISITORS, limit=settings.WIDGET_VISITORS_PER_MINUTE, seconds=MINUTE)


def goes_on(brand: Brand, old_session: str) -> bool:
    """Tell whether `open_session` continues a visitor's session; a signed one or another brand's makes a new visitor."""
    try:
        session = read_session(old_session)
    except SessionExpiredError:
        return False
    return session.brand == brand and session.level != IdentityLevel.SIGNED
