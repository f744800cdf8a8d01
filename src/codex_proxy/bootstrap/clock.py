"""The real clock and real randomness, behind the gateway's ports.  Everything else gets time and ids as arguments."""

import asyncio
import secrets
import time
import uuid
from typing import Final

_VERSION_7: Final = 0x7 << 76
_VARIANT: Final = 0b10 << 62
_RANDOM_A_MASK: Final = (1 << 12) - 1
_RANDOM_B_MASK: Final = (1 << 62) - 1


class SystemClock:
    """Implements the gateway's ``Clock``; what reads it for every token calls the system's own function."""

    now = staticmethod(time.time)
    monotonic = staticmethod(time.monotonic)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


class RandomIds:
    """Implements the gateway's ``Ids`` with the system's randomness."""

    def uuid7(self) -> str:
        """A UUIDv7 text: 48 bits of milliseconds, the rest random."""
        return uuid7_text(int(time.time() * 1000), secrets.randbits(74))

    def uuid4(self) -> str:
        """A random UUID text."""
        return str(uuid.uuid4())

    def token(self) -> str:
        """24 random URL-safe characters, 144 bits."""
        return secrets.token_urlsafe(18)


def uuid7_text(unix_ms: int, random_bits: int) -> str:
    """The UUIDv7 of a millisecond and 74 random bits.  Source: RFC 9562, section 5.7."""
    value = (unix_ms & ((1 << 48) - 1)) << 80
    value |= _VERSION_7 | ((random_bits >> 62) & _RANDOM_A_MASK) << 64
    value |= _VARIANT | (random_bits & _RANDOM_B_MASK)
    digits = f"{value:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
