"""Device logins: a code that somebody approves elsewhere.

Rules of this file: the time is an argument.  The device gets an authorization code with challenge and verifier, which
it exchanges like any other.  Source: capture of a device login with Codex CLI 0.169; the words for a hurry, an end and
a denial, RFC 8628 §3.5.
"""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.protocols.base import WireReply
from codex_proxy.protocols.parts.json_text import encode
from codex_proxy.simulator.issuer.codes import Code, Codes, challenge_of
from codex_proxy.simulator.issuer.ledger import Grant
from codex_proxy.simulator.issuer.replies import error_reply
from codex_proxy.simulator.sections.issuer import DeviceSettings
from codex_proxy.simulator.tokens import ISSUER, SCOPE, Person

CALLBACK: Final = "/deviceauth/callback"
PENDING: Final = "deviceauth_authorization_unknown"

_LETTERS: Final = "BCDFGHJKLMNPQRSTVWXZ"


class DeviceLogin:
    """One login under way."""

    def __init__(self, *, client_id: str, user_code: str, expires_at: float) -> None:
        self.client_id = client_id
        self.user_code = user_code
        self.expires_at = expires_at
        self.asked_count = 0
        self.asked_at: float | None = None
        self.person: Person | None = None
        self.denied = False
        self.code: str | None = None

    def is_open(self, now: float) -> bool:
        """Whether somebody may still decide."""
        return now < self.expires_at and self.person is None and not self.denied


class DeviceLogins:
    """All device logins."""

    def __init__(self, seed: int, codes: Codes) -> None:
        self._seed = seed
        self._codes = codes
        self._logins: dict[str, DeviceLogin] = {}

    def begin(self, settings: DeviceSettings, *, client_id: str, now: float) -> WireReply:
        """``POST /api/accounts/deviceauth/usercode``; the interval is a text, as the real one sends it."""
        name = hashlib.sha256(f"{self._seed}/{len(self._logins)}/{now}".encode()).hexdigest()
        login = DeviceLogin(client_id=client_id, user_code=_user_code(name), expires_at=now + settings.lasts_seconds)
        self._logins[f"deviceauth_{name[:24]}"] = login
        told: JsonObject = {
            "device_auth_id": f"deviceauth_{name[:24]}",
            "user_code": login.user_code,
            "interval": str(settings.interval_seconds),
            "expires_at": datetime.fromtimestamp(login.expires_at, UTC).isoformat(),
        }
        return WireReply(status=200, body=encode(told))

    def settle(self, user_code: str, person: Person | None, *, now: float) -> bool:
        """Approve as ``person``, or deny with None; False where no such code is open."""
        wanted = user_code.strip().upper()
        for login in self._logins.values():
            if login.user_code == wanted and login.is_open(now):
                login.person, login.denied = person, person is None
                return True
        return False

    def poll(
        self,
        asked: JsonObject,
        settings: DeviceSettings,
        *,
        now: float,
        origin: str,
        auto: Callable[[], Person | None],
    ) -> WireReply:
        """``POST /api/accounts/deviceauth/token``; ``auto`` says who logs in where the settings want no people."""
        login = self._logins.get(str(asked.get("device_auth_id")))
        if login is None or login.user_code != asked.get("user_code"):
            return error_reply(404, PENDING, "Device authorization is unknown. Please try again.")
        hurried = login.asked_at is not None and now - login.asked_at < settings.interval_seconds
        login.asked_at, login.asked_count = now, login.asked_count + 1
        if settings.auto_after is not None and login.asked_count > settings.auto_after and login.is_open(now):
            login.person = auto()
        if now >= login.expires_at:
            return error_reply(400, "expired_token", "The device code is expired.")
        if login.denied:
            return error_reply(400, "access_denied", "The login was denied.")
        if hurried and settings.slow_down:
            return error_reply(400, "slow_down", "Ask less often.")
        if login.person is None:
            return error_reply(settings.pending_status, PENDING, "Device authorization is unknown. Please try again.")
        return self._code(login, login.person, origin=origin)

    def _code(self, login: DeviceLogin, person: Person, *, origin: str) -> WireReply:
        """The login's code; who lost the answer gets the same one again."""
        verifier = hashlib.sha256(f"{self._seed}/{login.user_code}/{login.expires_at}".encode()).hexdigest()
        challenge = challenge_of(verifier)
        login.code = login.code or self._codes.open(
            Code(
                grant=Grant(person=person, client_id=login.client_id, scope=SCOPE),
                # The official client names the real issuer where only its token endpoint is moved.
                redirect_uris=frozenset({f"{origin}{CALLBACK}", f"{ISSUER}{CALLBACK}"}),
                challenge=challenge,
                expires_at=login.expires_at,
            )
        )
        told = {"authorization_code": login.code, "code_challenge": challenge, "code_verifier": verifier}
        return WireReply(status=200, body=encode(told))


def _user_code(name: str) -> str:
    """Four letters and five digits, as the real one's."""
    number = int(name[:12], 16)
    letters = [_LETTERS[(number >> shift) % len(_LETTERS)] for shift in (0, 8, 16, 24)]
    return f"{''.join(letters)}-{number % 100_000:05d}"
