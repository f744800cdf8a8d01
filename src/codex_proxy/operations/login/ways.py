"""Which way to log in is offered first.

Rules of this file: pure policy.  A browser's redirect goes to the machine the browser runs on, so that from another
machine it finds nobody: there the device code comes first, and the pasted address second.
"""

from enum import StrEnum


class Way(StrEnum):
    """A way to log in; ``PASTE`` is a browser login whose last address is pasted."""

    BROWSER = "browser"
    DEVICE = "device"
    PASTE = "paste"


def ways_to_log_in(*, remote: bool, callback_possible: bool = True) -> tuple[Way, ...]:
    """The ways in the order to offer them; ``remote`` where the dashboard was not opened on this machine."""
    if remote:
        return (Way.DEVICE, Way.PASTE)
    if not callback_possible:
        return (Way.PASTE, Way.DEVICE)
    return (Way.BROWSER, Way.DEVICE, Way.PASTE)
