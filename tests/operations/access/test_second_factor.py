"""Codes of the second factor."""

import pyotp

from codex_proxy.operations.access.kept import SecondFactor
from codex_proxy.operations.access.second_factor import kept_form, new_secret, provisioning_uri, recovery_codes, taken

PEPPER = b"pepper"
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
NOW = 1_700_000_010.0


def code(offset: float = 0.0) -> str:
    return pyotp.TOTP(SECRET).at(int(NOW + offset))


def test_a_code_counts_once_and_none_before_it_afterwards() -> None:
    factor = SecondFactor(secret=SECRET)
    after = taken(factor, code(), pepper=PEPPER, now=NOW)
    assert after is not None
    assert taken(after, code(), pepper=PEPPER, now=NOW) is None
    assert taken(after, code(-30), pepper=PEPPER, now=NOW) is None
    assert taken(after, code(30), pepper=PEPPER, now=NOW) is not None


def test_a_clock_may_be_one_step_off() -> None:
    factor = SecondFactor(secret=SECRET)
    fits = [taken(factor, code(offset), pepper=PEPPER, now=NOW) is not None for offset in (-60, -30, 0, 30, 60)]
    assert fits == [False, True, True, True, False]


def test_a_code_of_the_standard() -> None:
    # Source: RFC 6238, appendix B, SHA-1, of which six digits are shown.
    factor = SecondFactor(secret=SECRET)
    assert taken(factor, "287082", pepper=PEPPER, now=59.0) is not None
    assert taken(factor, "081 804", pepper=PEPPER, now=1_111_111_109.0) is not None


def test_what_is_no_code_is_wrong() -> None:
    factor = SecondFactor(secret=SECRET, recovery=kept_form(("aaaaa-bbbbb",), PEPPER))
    for shown in ("", "000", "ññññññ", "\ud800\ud800\ud800\ud800\ud800\ud800", "aaaaa-bbbbc"):
        assert taken(factor, shown, pepper=PEPPER, now=NOW) is None


def test_a_recovery_code_stands_in_once() -> None:
    numbers = iter(range(100))
    codes = recovery_codes(lambda count: next(numbers).to_bytes(count, "big"))
    assert len(set(codes)) == 10
    factor = SecondFactor(secret=SECRET, recovery=kept_form(codes, PEPPER))
    assert not set(codes) & set(factor.recovery)
    after = taken(factor, codes[3].upper().replace("-", " "), pepper=PEPPER, now=NOW)
    assert after is not None
    assert len(after.recovery) == 9
    assert taken(after, codes[3], pepper=PEPPER, now=NOW) is None


def test_an_authenticator_can_be_told() -> None:
    secret = new_secret()
    assert len(secret) == 32
    assert provisioning_uri(secret).startswith("otpauth://totp/Codex%20Proxy:dashboard?secret=")
