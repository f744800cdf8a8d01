"""Cookies of the upstream's edge: one jar for each account and each place where its calls come out.

Rules of this file: by themselves only the edge's own cookies are kept, as the real client does, and nothing that names
a user or a login; what the owner sets may be anything.  A cookie goes back to where it came from, through the same exit
and under the same user agent, or nowhere.
Times are epoch seconds (UTC).  Source: captures of Codex CLI 0.169, cookie runs; the empty 404 that a replayed
``__cf_bm`` brought, in public reports.
"""

from collections.abc import Callable, Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Final

from codex_proxy.accounts.keeping import Cookie

ALLOWED_NAMES: Final = frozenset(
    {
        "__cf_bm",
        "__cflb",
        "__cfruid",
        "__cfseq",
        "__cfwaitingroom",
        "_cfuvid",
        "cf_clearance",
        "cf_ob_info",
        "cf_use_ob",
    }
)
ALLOWED_PREFIX: Final = "cf_chl_"
MAX_COOKIES: Final = 50  # in one jar; RFC 6265 asks for room for 50 from one domain
MAX_COOKIE_CHARACTERS: Final = 4096


class CookieJar:
    """The cookies of one account at one place; ``changed`` is called when there is something to keep."""

    def __init__(self, row_id: str, exit_id: str, *, now: Callable[[], float], changed: Callable[[], None]) -> None:
        self.row_id = row_id
        self.exit_id = exit_id
        self._now = now
        self._changed = changed
        self._cookies: dict[tuple[str, str, str], Cookie] = {}

    @property
    def cookies(self) -> tuple[Cookie, ...]:
        """What is there now."""
        now = self._now()
        return tuple(cookie for cookie in self._cookies.values() if _lasts(cookie, now))

    def header(self, host: str, path: str = "/", *, user_agent: str | None = None) -> str | None:
        """The ``cookie`` header of a call as ``user_agent``; None without cookies."""
        pairs = [
            f"{cookie.name}={cookie.value}"
            for cookie in self.cookies
            if _reaches(cookie.domain, host)
            and path.startswith(cookie.path)
            and cookie.user_agent in {None, user_agent}
        ]
        return "; ".join(pairs) or None

    def store(self, host: str, set_cookies: Sequence[str], *, user_agent: str | None = None) -> None:
        """Keep what the ``set-cookie`` headers of a reply allow us to keep."""
        for line in set_cookies:
            cookie = self._read(host, line, user_agent)
            if cookie is not None:
                self._put(cookie)

    def restore(self, cookie: Cookie) -> None:
        """Take in what is kept already."""
        self._cookies[cookie.domain, cookie.path, cookie.name] = cookie

    def set(self, host: str, values: Mapping[str, str]) -> None:
        """Keep what the owner gives, for ``host``; it lasts until it is dropped, whatever the user agent."""
        now = self._now()
        for name, value in values.items():
            given = Cookie(
                row_id=self.row_id, egress_id=self.exit_id, domain=host, name=name, value=value, captured_at=now
            )
            self._put(given)

    def clear(self) -> None:
        """Forget everything."""
        if self._cookies:
            self._cookies.clear()
            self._changed()

    def _put(self, cookie: Cookie) -> None:
        key = (cookie.domain, cookie.path, cookie.name)
        if not _lasts(cookie, self._now()):
            if self._cookies.pop(key, None) is not None:
                self._changed()
            return
        self._cookies.pop(key, None)
        self._cookies[key] = cookie
        if len(self._cookies) > MAX_COOKIES:
            del self._cookies[next(iter(self._cookies))]
        self._changed()

    def _read(self, host: str, line: str, user_agent: str | None) -> Cookie | None:
        pair, *attributes = line.split(";")
        name, separator, value = pair.strip().partition("=")
        if not separator or not (name in ALLOWED_NAMES or name.startswith(ALLOWED_PREFIX)):
            return None
        told = {word.lower(): text for word, _, text in (each.strip().partition("=") for each in attributes)}
        domain = _domain(told.get("domain", ""), host)
        if domain is None or len(pair) > MAX_COOKIE_CHARACTERS:
            return None
        path = told.get("path", "/")
        return Cookie(
            row_id=self.row_id,
            egress_id=self.exit_id,
            domain=domain,
            name=name,
            value=value,
            path=path if path.startswith("/") else "/",
            user_agent=user_agent,
            expires_at=_ends_at(told, self._now()),
            captured_at=self._now(),
        )


def _lasts(cookie: Cookie, now: float) -> bool:
    return cookie.expires_at is None or cookie.expires_at > now


def _domain(told: str, host: str) -> str | None:
    """The domain a cookie is for: with a dot in front where its subdomains get it too; None where it is not theirs."""
    domain = told.lower().lstrip(".")
    if not domain:
        return host
    return f".{domain}" if _reaches(f".{domain}", host) and "." in domain else None


def _reaches(domain: str, host: str) -> bool:
    return domain in {host, f".{host}"} or (domain.startswith(".") and host.endswith(domain))


def _ends_at(attributes: Mapping[str, str], now: float) -> float | None:
    age = attributes.get("max-age", "")
    if age.lstrip("-").isdigit():
        return now + float(age)
    try:
        return parsedate_to_datetime(attributes["expires"]).timestamp()
    except (KeyError, ValueError, OverflowError):
        return None
