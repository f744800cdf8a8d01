"""Addresses of egress proxies: read from the forms that owners and sellers write, and told in one.

Rules of this file: pure; a scheme that the HTTP client does not know is refused, since it would go direct silently; an
error names the field and never repeats what was given, which may hold a password.  A proxy may be on this machine or in
a private network, but is never at a link-local, multicast or cloud metadata address; an IPv6 address that stands for an
IPv4 address is judged as that one.  Source: decisions, 11; the metadata services of AWS, Azure, Google, Oracle and
Alibaba.
"""

import hashlib
import ipaddress
import re
from typing import Final, TypeAlias
from urllib.parse import quote, unquote

import msgspec

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

SCHEMES: Final = ("http", "https", "socks5", "socks5h")
DIRECT_EXIT: Final = "direct"
MAX_CHARACTERS: Final = 2048
_DEFAULT_PORTS: Final = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
_MAX_LOGIN_BYTES: Final = 255  # of user name and password each; SOCKS5 has one byte for their length
_HOST: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?", re.ASCII)
_ENDS_IN_NUMBER: Final = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)", re.ASCII | re.IGNORECASE)
"""An IPv4 address in another spelling than its usual one, as HTTP clients read it.  Source: WHATWG URL, 3.5."""
_PORT: Final = re.compile(r"[0-9]{1,5}", re.ASCII)
_MASK: Final = "***"

LINK_LOCAL: Final[tuple[Network, ...]] = tuple(map(ipaddress.ip_network, ("169.254.0.0/16", "fe80::/10")))
MULTICAST: Final[tuple[Network, ...]] = tuple(map(ipaddress.ip_network, ("224.0.0.0/4", "ff00::/8")))
METADATA: Final[tuple[Network, ...]] = tuple(
    map(
        ipaddress.ip_network,
        ("168.63.129.16/32", "100.100.100.200/32", "192.0.0.192/32", "fd00:ec2::/32", "fd20:ce::254/128"),
    )
)
"""Clouds' metadata services elsewhere than at a link-local address."""
_METADATA_NAMES: Final = frozenset({"metadata.google.internal", "metadata.goog"})
_MAPPED: Final = ipaddress.IPv6Network("::ffff:0:0/96")
_TRANSLATED: Final = ipaddress.IPv6Network("64:ff9b::/96")
_TUNNELLED: Final = ipaddress.IPv6Network("2002::/16")
_TUNNELLED_SHIFT: Final = 80


class InvalidProxy(Exception):
    """This is no address of a proxy: ``field`` is what is wrong with it; the words hold nothing of what was given."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field


class ForbiddenProxy(InvalidProxy):
    """No proxy is ever asked at this address."""

    def __init__(self) -> None:
        super().__init__("host", "a link-local, multicast or cloud metadata address is no proxy's")


class ProxyAddress(msgspec.Struct, frozen=True, kw_only=True):
    """Where a proxy listens and how to log in there; ``host`` is in lower case and an IPv6 address has no brackets."""

    scheme: str
    host: str
    port: int
    username: str = ""
    password: str = ""

    def __repr__(self) -> str:
        return f"ProxyAddress({self.masked!r})"

    @property
    def place(self) -> str:
        """``host:port``."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """The one spelling of this address, with the password."""
        return self._spelled(_encoded(self.password))

    @property
    def masked(self) -> str:
        """The same for eyes and logs: three stars for the password."""
        return self._spelled(_MASK if self.password else "")

    def _spelled(self, password: str) -> str:
        login = _encoded(self.username) + (f":{password}" if password else "")
        return f"{self.scheme}://{login}{'@' if login else ''}{self.place}"


class _Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What a text gave, unchecked."""

    scheme: str | None = None
    host: str
    port: str | None = None
    username: str = ""
    password: str = ""


def parse_proxy(text: str) -> ProxyAddress:
    """The address in a text.

    A URL; ``host:port``, which is http; ``user:password@host:port``; ``host:port:user:password`` with or without
    ``scheme://`` before it; ``socks5|host|port|user|password``.

    Raises:
        InvalidProxy: it is none of these.
        ForbiddenProxy: no proxy may be there.
    """
    return _allowed(_checked(_read(text)))


def build_proxy(
    protocol: str, host: str, port: int | str | None = None, *, username: str = "", password: str = ""
) -> ProxyAddress:
    """The address in its parts; where ``host`` tells more than a host, such as a whole URL, that goes before the rest.

    Raises:
        InvalidProxy: a part is missing or wrong.
        ForbiddenProxy: no proxy may be there.
    """
    told = _read(host, field="host")
    has_login = bool(told.username or told.password)
    address = _checked(
        _Parts(
            scheme=protocol if told.scheme is None else told.scheme,
            host=told.host,
            port=told.port or (None if port is None else str(port).strip()),
            username=told.username if has_login else username,
            password=told.password if has_login else password,
        ),
        default_port="://" in host,
    )
    return _allowed(address)


def is_forbidden(host: str) -> bool:
    """Whether no proxy may be at a host, as far as its own words tell: nothing is resolved.

    An IP address in an unusual spelling, which is never taken, may be any.
    """
    try:
        address: Address = ipaddress.ip_address(host)
    except ValueError:
        return host.lower() in _METADATA_NAMES or _ENDS_IN_NUMBER.fullmatch(host) is not None
    if isinstance(address, ipaddress.IPv6Address):
        address = embedded(address) or address
    return any(address in network for network in (*LINK_LOCAL, *MULTICAST, *METADATA))


def embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that this one stands for: mapped, translated (NAT64) or tunnelled (6to4)."""
    if address in _MAPPED or address in _TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    if address in _TUNNELLED:
        return ipaddress.IPv4Address(int(address) >> _TUNNELLED_SHIFT & 0xFFFF_FFFF)
    return None


def exit_of(url: str | None) -> str:
    """What names the place where calls through this proxy come out, None for no proxy: for what is bound to a place.

    A proxy's password is no part of it, so that nothing can be learned of that.
    """
    if url is None:
        return DIRECT_EXIT
    try:
        told = _checked(_read(url)).masked
    except InvalidProxy:
        told = url.rpartition("@")[2]
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def masked_url(url: str) -> str:
    """A kept address for eyes; where it cannot be read, nothing of it."""
    try:
        return _checked(_read(url)).masked
    except InvalidProxy:
        return _MASK


def _read(text: str, *, field: str = "url") -> _Parts:
    text = text.strip()
    if not text:
        raise InvalidProxy(field, "it is missing")
    if len(text) > MAX_CHARACTERS:
        raise InvalidProxy(field, f"it is longer than {MAX_CHARACTERS} characters")
    scheme, separator, rest = text.partition("://")
    if not separator and "|" in text:
        return _of_columns(text)
    if not separator:
        return _of_rest(text)
    if rest.partition("://")[0].lower() in SCHEMES:
        raise InvalidProxy(field, "it has two schemes")
    return msgspec.structs.replace(_of_rest(rest), scheme=scheme)


def _of_columns(text: str) -> _Parts:
    scheme, host, port, username, password = (*(column.strip() for column in text.split("|", 4)), "", "", "", "")[:5]
    return _Parts(scheme=scheme, host=host, port=port or None, username=username, password=password)


def _of_rest(rest: str) -> _Parts:
    """``user:password@host:port`` with percent-encoding, or ``host:port:user:password`` as it is."""
    login, at, place = rest.removesuffix("/").rpartition("@")
    host, after = _after_host(place)
    port, _, tail = after.partition(":")
    if not at:
        username, _, password = tail.partition(":")
        return _Parts(host=host, port=port or None, username=username, password=password)
    if tail:
        raise InvalidProxy("port", "it is no number from 1 to 65535")
    username, _, password = login.partition(":")
    return _Parts(host=host, port=port or None, username=unquote(username), password=unquote(password))


def _after_host(place: str) -> tuple[str, str]:
    """The host, and what follows the colon after it."""
    if _is_ip_v6(place):
        return place, ""
    if not place.startswith("["):
        host, _, after = place.partition(":")
        return host, after
    host, bracket, after = place[1:].partition("]")
    if not bracket or after[:1] not in {"", ":"}:
        raise InvalidProxy("host", "its brackets do not match")
    return host, after[1:]


def _checked(parts: _Parts, *, default_port: bool = True) -> ProxyAddress:
    scheme = "http" if parts.scheme is None else parts.scheme.strip().lower()
    if scheme not in SCHEMES:
        raise InvalidProxy("protocol", f"it is none of {', '.join(SCHEMES)}")
    for field, value in (("username", parts.username), ("password", parts.password)):
        _check_login(field, value)
    has_default = default_port and parts.scheme is not None
    return ProxyAddress(
        scheme=scheme,
        host=_host(parts.host),
        port=_port(parts.port, _DEFAULT_PORTS[scheme] if has_default else None),
        username=parts.username,
        password=parts.password,
    )


def _allowed(address: ProxyAddress) -> ProxyAddress:
    if is_forbidden(address.host):
        raise ForbiddenProxy
    return address


def _host(text: str) -> str:
    text = text.strip()
    if not text:
        raise InvalidProxy("host", "it is missing")
    try:
        return ipaddress.ip_address(text).compressed
    except ValueError:
        pass
    if _HOST.fullmatch(text) is None or _ENDS_IN_NUMBER.fullmatch(text) is not None:
        raise InvalidProxy("host", "it is neither a name in ASCII nor an IP address")
    return text.lower()


def _is_ip_v6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


def _port(text: str | None, default: int | None) -> int:
    if text is None and default is not None:
        return default
    if text is None:
        raise InvalidProxy("port", "it is missing")
    if _PORT.fullmatch(text) is None or not 1 <= int(text) <= 65_535:
        raise InvalidProxy("port", "it is no number from 1 to 65535")
    return int(text)


def _check_login(field: str, value: str) -> None:
    if len(value.encode("utf-8", "surrogatepass")) > _MAX_LOGIN_BYTES:
        raise InvalidProxy(field, f"it is longer than {_MAX_LOGIN_BYTES} bytes")
    if not value.isprintable():
        raise InvalidProxy(field, "it holds characters that cannot be printed")


def _encoded(text: str) -> str:
    return quote(text, safe="")
