"""The second factor: codes that change with time (RFC 6238), and codes for the day the authenticator is lost.

Rules of this file: pure but for the library's arithmetic.  A code counts once, and none before it counts afterwards;
a clock may be one step off.  Recovery codes are 80 random bits, kept as keyed hashes.
"""

import hmac
from collections.abc import Callable
from typing import Final

import pyotp
from msgspec.structs import replace

from codex_proxy.access.keys import digest_of
from codex_proxy.operations.access.kept import SecondFactor

ISSUER: Final = "Codex Proxy"
ACCOUNT: Final = "dashboard"
STEP_SECONDS: Final = 30
STEPS_OFF: Final = 1
RECOVERY_COUNT: Final = 10
_CODE_DIGITS: Final = 6


def provisioning_uri(secret: str) -> str:
    """What an authenticator reads as a picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=ACCOUNT, issuer_name=ISSUER)


def new_secret() -> str:
    """A secret of 160 random bits, in base32."""
    return pyotp.random_base32()


def recovery_codes(new_bytes: Callable[[int], bytes]) -> tuple[str, ...]:
    """Codes to write down; ``new_bytes`` gives random bytes."""
    return tuple("-".join(_groups(new_bytes(10).hex())) for _ in range(RECOVERY_COUNT))


def kept_form(codes: tuple[str, ...], pepper: bytes) -> tuple[str, ...]:
    """The codes as they are kept."""
    return tuple(digest_of(_plain(code), pepper) for code in codes)


def taken(factor: SecondFactor, code: str, *, pepper: bytes, now: float) -> SecondFactor | None:
    """The factor after this code was taken; None where the code is wrong, or was taken before."""
    plain = _plain(code)
    if len(plain) == _CODE_DIGITS:
        step = _step_of(factor, plain, now)
        return None if step is None else replace(factor, last_step=step)
    shown = digest_of(plain, pepper)
    left = tuple(each for each in factor.recovery if not hmac.compare_digest(each, shown))
    return replace(factor, recovery=left) if len(left) < len(factor.recovery) else None


def _step_of(factor: SecondFactor, code: str, now: float) -> int | None:
    totp, current, found = pyotp.TOTP(factor.secret), int(now // STEP_SECONDS), None
    for step in range(current - STEPS_OFF, current + STEPS_OFF + 1):
        fits = hmac.compare_digest(totp.generate_otp(step).encode(), code.encode("utf-8", "surrogatepass"))
        if fits and step > factor.last_step:
            found = step
    return found


def _plain(code: str) -> str:
    return code.replace("-", "").replace(" ", "").lower()


def _groups(text: str) -> list[str]:
    return [text[place : place + 5] for place in range(0, len(text), 5)]
