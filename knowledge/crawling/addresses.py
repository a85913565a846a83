"""Addresses of pages in one form, and which of them belong to a crawl."""

import re
from collections import Counter
from dataclasses import dataclass
from fnmatch import fnmatchcase
from urllib.parse import SplitResult, parse_qsl, quote, urljoin, urlsplit, urlunsplit

PORTS = {"http": 80, "https": 443}
MAX_ADDRESS = 2_000
TRACKING = re.compile(
    r"(?:utm_\w+|mc_[ce]id|gclid|gbraid|wbraid|fbclid|msclkid|yclid|dclid|igshid|twclid|_hs\w+|hs\w+tracking|vero_id|"
    r"phpsessid|jsessionid|aspsessionid\w*|sessionid|cfid|cftoken)\Z",
    re.IGNORECASE,
)
SESSION_PATH = re.compile(r";jsessionid=[^/?;]*", re.IGNORECASE)
ESCAPE = re.compile(r"%[0-9a-fA-F]{2}")
INDEX = re.compile(r"/(?:index|default)\.(?:html?|php|aspx?)\Z", re.IGNORECASE)
# What is fetched by no crawl: pictures, programs, archives, films.
NOT_PAGES = re.compile(
    r"\.(?:png|jpe?g|gif|svg|webp|avif|ico|bmp|css|m?js|map|json|xml|rss|atom|woff2?|ttf|otf|eot|zip|gz|tgz|bz2|xz|7z|rar|tar|"
    r"exe|msi|dmg|pkg|deb|rpm|apk|iso|bin|whl|jar|mp[34]|m4[av]|mov|avi|mkv|webm|ogg|wav|flac|ics|torrent)\Z",
    re.IGNORECASE,
)
DOCUMENTS = re.compile(r"\.(?:pdf|docx?|xlsx?|pptx?|odt|rtf|epub|csv|txt|md)\Z", re.IGNORECASE)
LOGIN = re.compile(
    r"(?:\A|[/._-])(?:log[_-]?in|sign[_-]?in|sso|oauth2?|saml2?|auth|authorize|accounts?/begin)(?:[/._?-]|\Z)", re.I
)

# Calendars and the like make ever new addresses of nothing but dates; of each such form so many are read.
MAX_ALIKE = 40
MAX_SEGMENTS = 20
MAX_REPEATS = 3
DATE_PATH = re.compile(r"(?:\A|/)(?:19|20)\d\d[/-](?:0?[1-9]|1[0-2])(?:[/-][0-3]?\d)?(?=/|\Z)")
DATE_NAMES = frozenset(
    {"date", "day", "month", "year", "week", "start", "end", "from", "to", "since", "until", "tribe-bar-date"}
)
DIGITS = re.compile(r"\d+")


def usual_address(href: str, base: str = "") -> str:
    """Write a web address in one form: whole, without fragment, tracking and sessions; empty when it is none."""
    try:
        parts = urlsplit(urljoin(base, href.strip()))
        host, port = parts.hostname or "", parts.port
        host = host.rstrip(".").encode("idna").decode() if not host.isascii() else host.rstrip(".")
    except (ValueError, UnicodeError):
        return ""
    if parts.scheme not in PORTS or not host or "@" in parts.netloc:
        return ""
    host = f"[{host}]" if ":" in host else host
    netloc = host if port in {None, PORTS[parts.scheme]} else f"{host}:{port}"
    address = urlunsplit((parts.scheme, netloc, _path(parts), _query(parts.query), ""))
    return address if len(address) <= MAX_ADDRESS else ""


def key_of(address: str) -> str:
    """Give what two spellings of one page share: no scheme, no `www.`, no trailing slash or index page."""
    parts = urlsplit(address)
    path = INDEX.sub("/", parts.path).rstrip("/")
    return f"{parts.netloc.removeprefix('www.')}{path}{'?' if parts.query else ''}{parts.query}"


def is_login(address: str) -> bool:
    """Tell whether an address looks like a place to sign in."""
    return bool(LOGIN.search(urlsplit(address).path))


@dataclass(frozen=True, slots=True)
class Scope:
    """What belongs to a crawl: a host, a folder of it, and patterns of paths."""

    host: str
    folder: str = "/"
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    @classmethod
    def around(cls, address: str, *, include: tuple[str, ...] = (), exclude: tuple[str, ...] = ()) -> "Scope":
        """Give the scope of a start page: its folder, or itself as a folder when it has no file's ending."""
        parts = urlsplit(address)
        head, _, last = parts.path.rpartition("/")
        folder = f"{head}/" if "." in last or not last else f"{head}/{last}/"
        return cls(_host(parts), folder, include, exclude)

    def holds(self, address: str) -> bool:
        """Tell whether an address belongs to the crawl."""
        parts = urlsplit(address)
        if _host(parts) != self.host or not f"{parts.path}/".startswith(self.folder):
            return False
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        if self.include and not any(fnmatchcase(path, pattern) for pattern in self.include):
            return False
        return not any(fnmatchcase(path, pattern) for pattern in self.exclude)


class Traps:
    """Sees ever new addresses of the same: dates without end, folders inside themselves."""

    def __init__(self) -> None:
        self._alike: Counter[str] = Counter()

    def catches(self, address: str) -> str:
        """Say why an address is not worth a request; empty when it is."""
        parts = urlsplit(address)
        segments = [segment for segment in parts.path.split("/") if segment]
        if len(segments) > MAX_SEGMENTS or any(count > MAX_REPEATS for count in Counter(segments).values()):
            return "Its address repeats itself, as folders inside themselves do."
        if not _is_dated(parts):
            return ""
        shape = DIGITS.sub("0", f"{parts.path}?{parts.query}")
        self._alike[shape] += 1
        if self._alike[shape] <= MAX_ALIKE:
            return ""
        return f"More than {MAX_ALIKE} addresses differ from it in their dates only, as in a calendar."


def _is_dated(parts: SplitResult) -> bool:
    if DATE_PATH.search(parts.path):
        return True
    return any(name.lower() in DATE_NAMES and DIGITS.search(value) for name, value in parse_qsl(parts.query))


def _host(parts: SplitResult) -> str:
    return parts.netloc.removeprefix("www.")


def _path(parts: SplitResult) -> str:
    path = parts.path
    if "/." in path:
        path = urlsplit(urljoin("http://host/", path.lstrip("/") and "/" + path.lstrip("/"))).path
    path = SESSION_PATH.sub("", path)
    # Only what may not stand in an address is escaped; what is escaped already stays, in capitals.
    return ESCAPE.sub(lambda match: match[0].upper(), quote(path, safe="/%:@!$&'()*+,;=~-._")) or "/"


def _query(query: str) -> str:
    if not query:
        return ""
    pairs = [pair for pair in query.split("&") if pair]
    kept = [pair for pair in pairs if not TRACKING.match(pair.partition("=")[0])]
    return quote("&".join(kept), safe="/%:@!$&'()*+,;=~-._?[]")
