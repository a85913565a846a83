"""Which addresses may be asked: web addresses in the public internet, and what the operator allows on purpose."""

import re
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import httpx
from django.conf import settings

from supportai.core.outbound.errors import AddressRefusedError, AddressUnreachableError

IPAddress = IPv4Address | IPv6Address
IPNetwork = IPv4Network | IPv6Network

MAX_ADDRESS = 2_000
DEFAULT_PORTS = {"http": 80, "https": 443}
# A last label like a number makes some readers see an IP address where others see a name (`0x7f.1`, `2130706433`).
NUMBER_LIKE = re.compile(r"(?:0[xX][0-9a-fA-F]*|\d+)\Z")

ALLOWED_HOST = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|(?:\*\.)?[\w-]+(?:\.[\w-]+)*)(?::(?P<port>\d{1,5}))?\Z")

# Kept apart from `is_global`, whose answers differ between versions of Python: the special-purpose registries of IANA
# (RFC 6890 and its successors), and addresses at which clouds give out credentials although they look public.
CLOSED: tuple[IPNetwork, ...] = tuple(
    ip_network(text)
    for text in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"),
        *("192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
        *("224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32"),
        *("::/128", "::1/128", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16"),
        *("fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8"),
    )
)
# Never opened by the name of a host, only by naming the network itself: credentials of machines are given out there.
METADATA: tuple[IPNetwork, ...] = tuple(
    ip_network(text)
    for text in (
        "169.254.0.0/16",
        "100.100.100.200/32",
        "168.63.129.16/32",
        "192.0.0.192/32",
        "fe80::/10",
        "fd00:ec2::/32",
    )
)
# Whose last 32 bits are an IPv4 address: NAT64 (RFC 6052), the old IPv4-compatible form, and SIIT (RFC 7915).
CARRIERS = (ip_network("64:ff9b::/96"), ip_network("::/96"), ip_network("::ffff:0:0:0/96"))
# The interface identifier of ISATAP (RFC 5214): 0000:5efe or 0200:5efe before the IPv4 address.
ISATAP = (0x00005EFE, 0x02005EFE)


@dataclass(frozen=True, slots=True)
class AddressGuard:
    """What may be asked: ports, and hosts (`(name, port)`, port None for the usual ones) and networks allowed on purpose."""

    ports: frozenset[int] = frozenset(DEFAULT_PORTS.values())
    hosts: frozenset[tuple[str, int | None]] = frozenset()
    networks: tuple[IPNetwork, ...] = ()

    def check_url(self, url: httpx.URL, *, is_https_only: bool = False) -> None:
        """Refuse an address by how it is written; where its name leads is checked when it is connected to.

        Raises:
            AddressRefusedError: the message says what is wrong with it.
        """
        if url.scheme not in DEFAULT_PORTS or not url.host:
            raise AddressRefusedError("A web address begins with https:// or http:// and names a site.")
        if is_https_only and url.scheme != "https":
            raise AddressRefusedError("The address must begin with https://.")
        if url.userinfo:
            raise AddressRefusedError("The address must not hold a user name or password.")
        host, port = plain_host(url.raw_host.decode("ascii")), url.port or DEFAULT_PORTS[url.scheme]
        if port not in self.ports and not self._is_named(host, port):
            allowed = ", ".join(str(number) for number in sorted(self.ports))
            raise AddressRefusedError(f"Port {port} is not allowed here; these are: {allowed}.")
        literal = as_ip(host)
        if literal is not None:
            self.check_ip(literal, host, port)
        elif NUMBER_LIKE.match(host.rpartition(".")[2]):
            raise AddressRefusedError(f"{host} is neither a name nor an IP address in its usual form.")

    def check_ip(self, address: IPAddress, host: str, port: int) -> None:
        """Refuse an IP address that `host` leads to, unless it is public or allowed.

        Raises:
            AddressRefusedError: it belongs to a private or special network.
        """
        if not is_closed(address) or any(_holds(network, address) for network in self.networks):
            return
        if self._is_named(host, port) and not any(
            _holds(network, inner) for network in METADATA for inner in unwrapped(address)
        ):
            return
        raise AddressRefusedError(
            f"{host} is an address inside a private network, which is not read from here. "
            "Whoever runs this server can allow it (SUPPORTAI_OUTBOUND_ALLOWED)."
        )

    def resolve(self, host: str, port: int) -> list[IPAddress]:
        """Look a host up and check every address that it has.

        One forbidden address among public ones refuses them all: that is how names are made to lead inside.

        Raises:
            AddressRefusedError: it leads to a private or special network.
            AddressUnreachableError: there is no such host.
        """
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as exc:
            raise AddressUnreachableError(f"There is no host {host}, or its name cannot be looked up now.") from exc
        addresses = list(dict.fromkeys(ip_address(str(entry[4][0])) for entry in found))
        for address in addresses:
            self.check_ip(address, plain_host(host), port)
        return addresses

    def _is_named(self, host: str, port: int) -> bool:
        usual = port in self.ports
        return any(
            (asked == port if asked is not None else usual)
            and (host == name or (name.startswith("*.") and host.endswith(name[1:])))
            for name, asked in self.hosts
        )


def guard_from_settings() -> AddressGuard:
    """Make the guard of this installation."""
    return parse_guard(settings.OUTBOUND_ALLOWED, settings.OUTBOUND_PORTS)


def parse_guard(allowed: Iterable[str], ports: Iterable[int] = DEFAULT_PORTS.values()) -> AddressGuard:
    """Read what an operator allows: `wiki.corp.example`, `*.corp.example`, `10.1.2.3:8080`, `10.1.0.0/16`.

    Raises:
        ValueError: an entry is none of these; the message names it.
    """
    hosts: set[tuple[str, int | None]] = set()
    networks: list[IPNetwork] = []
    for entry in allowed:
        named = as_ip(entry) is None and ALLOWED_HOST.match(entry)
        try:
            if named:
                host, port = plain_host(named["host"]), named["port"]
                hosts.add((host, int(port) if port else None))
            else:
                networks.append(ip_network(entry))
        except ValueError as exc:
            raise ValueError(f"{entry!r} is neither a host, a host:port, nor a network: {exc}") from exc
    return AddressGuard(ports=frozenset(ports), hosts=frozenset(hosts), networks=tuple(networks))


def check_address(text: str, *, is_https_only: bool = False, guard: AddressGuard | None = None) -> str:
    """Check an address that a person entered, without going there, and give it in its usual form.

    Raises:
        AddressRefusedError: it is no web address, or not one that we go to.
    """
    url = parse_url(text.strip())
    (guard or guard_from_settings()).check_url(url, is_https_only=is_https_only)
    return str(url)


def parse_url(text: str) -> httpx.URL:
    """Read an address.

    Raises:
        AddressRefusedError: it cannot be read.
    """
    if len(text) > MAX_ADDRESS:
        raise AddressRefusedError(f"The address is longer than {MAX_ADDRESS:,} characters.")
    try:
        url = httpx.URL(text)
        # The name is turned into punycode here, which may fail.
        if url.raw_host and url.port == DEFAULT_PORTS.get(url.scheme):
            url = url.copy_with(port=None)
    except (httpx.InvalidURL, UnicodeError, ValueError) as exc:
        raise AddressRefusedError("This is not a web address.") from exc
    return url


def plain_host(host: str) -> str:
    """Write a host in one form: small letters, without brackets or the dot at the end."""
    return host.strip("[]").lower().rstrip(".")


def as_ip(host: str) -> IPAddress | None:
    """Read an IP address in its usual form; None for names."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def is_closed(address: IPAddress) -> bool:
    """Tell whether an address, or one that is wrapped in it, belongs to a private or special network."""
    return any(_holds(network, inner) for inner in unwrapped(address) for network in CLOSED)


def unwrapped(address: IPAddress) -> Sequence[IPAddress]:
    """Give an address and the IPv4 addresses that a translator or tunnel would take it for."""
    if isinstance(address, IPv4Address):
        return (address,)
    inner: list[IPAddress] = [address]
    last = IPv4Address(int(address) & 0xFFFFFFFF)
    is_isatap = (int(address) >> 32) & 0xFFFFFFFF in ISATAP
    if is_isatap or any(_holds(network, address) for network in CARRIERS):
        inner.append(last)
    wrappers = (address.ipv4_mapped, address.sixtofour, *(address.teredo or ()))
    inner.extend(wrapped for wrapped in wrappers if wrapped is not None)
    return inner


def _holds(network: IPNetwork, address: IPAddress) -> bool:
    return network.version == address.version and address in network
