"""The edge of a scenario: what stands before backend and issuer and judges where a request comes from.

Rules of this file: data only.
"""

from enum import StrEnum

import msgspec


class EdgeAnswer(StrEnum):
    """What the edge says instead of letting a request through."""

    REGION = "region"
    CHALLENGE = "challenge"
    PATH_BLOCK = "path_block"


class Service(StrEnum):
    """What lies behind the edge."""

    BACKEND = "backend"
    ISSUER = "issuer"


class EdgeRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom the edge refuses; every member that is given must fit.

    ``address`` is the IP address that a request comes from, ``via`` a word in its ``via`` header, so that a test's
    egress proxy can be told by either.  ``times`` is how often the rule answers before it lets go.
    """

    answer: EdgeAnswer
    address: str | None = None
    via: str | None = None
    service: Service | None = None
    times: int | None = None


class EdgeSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The edge.

    ``cookies`` gives every caller of the backend cookies, and answers an empty 404 to one that was given to another
    address.
    """

    rules: list[EdgeRule] = []
    cookies: bool = False
