"""Links that strangers name: which spellings are read at all, and which addresses may be reached.

One rule for the API at submission, for the fetcher and for the sender. It looks at addresses, so whoever connects
must ask `is_allowed_address` again for the address that a name led to, and connect to that very address.
"""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from shared.errors import LinkRefused

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

MAX_LENGTH = 2_048
"""Most characters of a link."""

PUBLIC_PORTS = {"https": 443, "http": 80}
"""The schemes, and the one port on which each may reach a public address."""

# IANA special-purpose registries (August 2026), multicast, and what they forgot. Not `ipaddress.is_global`:
# it lets multicast, 6to4 and NAT64 through and changes between patch releases of Python.
_NOT_PUBLIC_V4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT; Alibaba's metadata service
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's host agent: a public address that answers inside every virtual machine
        "169.254.0.0/16",  # link-local; most clouds' metadata services
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments; Oracle's metadata service
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # multicast tunnelling
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)

# Everything outside is special or unassigned: mapped, compatible and translated (NAT64) IPv4, loopback,
# unique-local, link-local, site-local, multicast, SRv6 and discard-only.
_GLOBAL_UNICAST_V6 = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC_V6 = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address in disguise
        "2620:4f:8000::/48",  # AS112
        "3ffe::/16",  # 6bone, returned
        "3fff::/20",  # documentation
    )
)

_LOOPBACK = (ipaddress.IPv4Address("127.0.0.1"), ipaddress.IPv6Address("::1"))

# RFC 3986, appendix B, with an authority required and the fragment, which is never sent, left out.
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)([^#]*)(?:#.*)?")
_AUTHORITY = re.compile(r"(\[[^]]*\]|[^:]*)(?::([0-9]{1,5}))?")
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?:{_LABEL}\.)*{_LABEL}")
# What the URL standard (WHATWG, "ends in a number") and inet_aton(3) take for an IPv4 address.
_NUMERIC = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)\.?")


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """A link in its one canonical form, so that no two parsers can read it differently.

    `host` is a lower-case ASCII name without the final dot, or an address without brackets, which is then also
    in `address`; `target` is the path and query, percent-encoded.
    """

    scheme: str
    host: str
    port: int
    target: str
    address: IpAddress | None

    @property
    def authority(self) -> str:
        """HOST or HOST:PORT, as in a Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PUBLIC_PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"


def is_allowed_address(address: IpAddress, *, scheme: str, port: int, allowed: Sequence[IpNetwork] = ()) -> bool:
    """Whether `address` may be connected to: any port of an allowed network, else public on the scheme's port."""
    if any(address in network for network in allowed):
        return True
    return port == PUBLIC_PORTS[scheme] and _is_public(address)


def _is_public(address: IpAddress) -> bool:
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_V4)
    return address in _GLOBAL_UNICAST_V6 and not any(address in network for network in _NOT_PUBLIC_V6)


def check_link(url: str, *, allowed: Sequence[IpNetwork] = ()) -> Link:
    """Read `url`; raises LinkRefused for all that can be refused without asking DNS."""
    link = parse_link(url)
    known = _addresses_without_dns(link)
    if known:
        fits = any(
            is_allowed_address(address, scheme=link.scheme, port=link.port, allowed=allowed) for address in known
        )
    else:
        fits = bool(allowed) or link.port == PUBLIC_PORTS[link.scheme]
    if not fits:
        raise forbidden(link)
    return link


def _addresses_without_dns(link: Link) -> tuple[IpAddress, ...]:
    if link.address is not None:
        return (link.address,)
    # RFC 6761, section 6.3: these names are loopback whatever DNS says.
    return _LOOPBACK if link.host == "localhost" or link.host.endswith(".localhost") else ()


def forbidden(link: Link) -> LinkRefused:
    """Does not say which address a name led to: that would show strangers our inner names."""
    return LinkRefused(
        "forbidden_address",
        f"{link.authority} is not a public address on port 443 (https) or 80 (http). Use a public link, or ask the "
        "operator to add the network to JINWI_ALLOWED_NETWORKS.",
    )


def parse_link(url: str) -> Link:
    """Read `url` strictly; raises LinkRefused for whatever different programs may read differently."""
    if len(url) > MAX_LENGTH:
        raise _malformed(f"It is longer than {MAX_LENGTH} characters.")
    if not url.isprintable() or " " in url or "\\" in url:
        raise _malformed("It holds a space, a backslash or an invisible character: percent-encode it.")
    parts = _URL.fullmatch(url)
    if parts is None:
        raise _malformed("It does not begin with https:// or http://.")
    scheme, authority, rest = parts[1].lower(), parts[2], parts[3]
    if scheme not in PUBLIC_PORTS:
        raise _malformed(f"Its scheme is {scheme[:20]}: only https and http are fetched.")
    if "@" in authority:
        raise _malformed("It holds a user name or password: remove it.")
    host_and_port = _AUTHORITY.fullmatch(authority)
    port = int(host_and_port[2] or PUBLIC_PORTS[scheme]) if host_and_port else 0
    if host_and_port is None or not 1 <= port <= 65_535:
        raise _malformed("What follows its host is not a port from 1 to 65535.")
    host, address = _parse_host(host_and_port[1])
    return Link(scheme=scheme, host=host, port=port, target=_target(rest), address=address)


def _parse_host(text: str) -> tuple[str, IpAddress | None]:
    try:
        if text.startswith("["):
            if "%" in text:
                raise _malformed("Its address has a zone: leave it out.")
            address: IpAddress = ipaddress.IPv6Address(text[1:-1])
            return str(address), address
        if text.isascii() and _NUMERIC.fullmatch(text.lower()):
            address = ipaddress.IPv4Address(text)
            return text, address
    except ipaddress.AddressValueError as exc:
        raise _malformed("Its address is not written in the common form, such as 192.0.2.1 or [2001:db8::1].") from exc
    # The final dot only says that the name is whole; certificates and servers know it without.
    name = text.lower().removesuffix(".")
    if len(name) > 253 or not text.isascii() or not _NAME.fullmatch(name):
        raise _malformed("Its host name has other characters than a-z, 0-9, - and _: write it in ASCII (xn--…).")
    return name, None


def _target(rest: str) -> str:
    target = rest if rest.startswith("/") else f"/{rest}"
    return quote(target, safe="/?:@!$&'()*+,;=~%[]")


def _malformed(sentence: str) -> LinkRefused:
    return LinkRefused("forbidden_address", f"{sentence} A link looks like https://example.com/path.")
