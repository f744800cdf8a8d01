"""What schemathesis asks of the control plane is kept on this machine, and does not wait.

Loaded by schemathesis through ``SCHEMATHESIS_HOOKS``.
"""

from collections.abc import MutableMapping
from typing import Any

import schemathesis

NOWHERE = "http://127.0.0.1:9"
ADDRESSES = frozenset({"url", "baseUrl", "base_url", "proxy_url", "health_check_url", "webhook_url"})
HOSTS = frozenset({"host"})


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Lead every address to a port where nobody listens, and let nothing pause between two accounts."""
    if isinstance(case.body, MutableMapping):
        stay_here(case.body)


def stay_here(body: MutableMapping[str, Any]) -> None:
    """Change the members of a body that would lead elsewhere or take long."""
    for name, value in body.items():
        if isinstance(value, MutableMapping):
            stay_here(value)
        elif name in ADDRESSES and isinstance(value, str) and value:
            body[name] = NOWHERE
        elif name in HOSTS and isinstance(value, str) and value:
            body[name] = "127.0.0.1"
        elif name == "stagger_ms" and isinstance(value, int) and value > 500:
            body[name] = 500
