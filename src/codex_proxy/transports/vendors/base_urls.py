"""Base URLs of vendors, judged before they are kept.

Rules of this file: nothing is resolved here, so that a key can be kept without a network; what a name resolves to is
judged whenever it is called.  A literal address, and the names that always mean this machine, are judged at once.
"""

from typing import Final

from codex_proxy.transports.addresses import is_here
from codex_proxy.transports.guard import AddressRefused, check_address, read_url

_HERE: Final = "127.0.0.1"
_ADVICE: Final = "; allow that for this key with allowPrivate, --allow-private, or allow_private in local.yaml"


class BaseUrls:
    """Implements ``AddressRules``; ``allow_private`` lets every key go to private addresses."""

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private

    def objection(self, base_url: str, *, allow_private: bool) -> str | None:
        """See ``AddressRules``."""
        try:
            _check(base_url, allow_private=allow_private or self._allow_private)
        except AddressRefused as error:
            return f"{error}{_ADVICE if error.allowing_helps else ''}"
        return None


def _check(base_url: str, *, allow_private: bool) -> None:
    url = read_url(base_url)
    name = url.domain
    if name is None:
        address = (url.host_str or "").strip("[]")
    elif is_here(name):
        address = _HERE
    else:
        return
    check_address(address, scheme=url.scheme, allow_private=allow_private, carries_key=True)
