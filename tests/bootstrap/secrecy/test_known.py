"""Secrets found by their values."""

import base64
import json
from urllib.parse import quote, quote_plus

from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.bootstrap.redaction import REDACTED
from codex_proxy.bootstrap.secrecy.known import KnownSecrets

SECRET = 'opaque/Se"cret+of 31 ünusual=chars'
PLAIN = "tokenWithoutAnyKnownShape0123456789abcdef"

SECRETS = st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="\\%"), min_size=12)


def knowing(*secrets: str) -> KnownSecrets:
    known = KnownSecrets()
    known.learn_all(secrets)
    return known


def test_a_secret_is_blotted_out_wherever_it_stands() -> None:
    text = f"before {PLAIN}, and again:{PLAIN}{PLAIN} after"
    assert knowing(PLAIN).redact(text) == f"before {REDACTED}, and again:{REDACTED} after"
    assert knowing(PLAIN).redact("nothing of the sort") == "nothing of the sort"


def test_escapes_hide_nothing() -> None:
    known = knowing(SECRET)
    once = json.dumps({"a": SECRET})
    for text in (once, json.dumps({"a": once}), quote(SECRET, safe=""), quote(quote(SECRET)), quote_plus(SECRET)):
        told = known.redact(f"x{text}y")
        assert REDACTED in told
        assert "cret" not in told
    spelled = "".join(f"\\u{ord(letter):04x}" for letter in PLAIN)
    assert knowing(PLAIN).redact(f'{{"a":"{spelled}"}}') == f'{{"a":"{REDACTED}"}}'


def test_base64_hides_nothing_at_any_alignment() -> None:
    for user in ("", "u", "us", "use"):
        packed = base64.b64encode(f"{user}:{PLAIN}:rest".encode()).decode()
        told = knowing(PLAIN).redact(f"Basic {packed}")
        assert PLAIN.encode() not in base64.b64decode(packed[: len(told)] + "==")[len(user) + 2 :] or REDACTED in told
        assert REDACTED in told


def test_the_beginning_of_a_secret_gives_it_away() -> None:
    assert knowing(PLAIN).redact(f"cut short: {PLAIN[:30]}") == f"cut short: {REDACTED}"
    assert knowing(PLAIN).redact(f"too short: {PLAIN[:8]}") == f"too short: {PLAIN[:8]}"


def test_of_a_url_the_password_is_the_secret() -> None:
    known = knowing("http://someone:pass%21word@proxy.example:8080")
    assert known.redact("someone said pass!word to proxy.example") == f"someone said {REDACTED} to proxy.example"
    packed = base64.b64encode(b"someone:pass!word").decode()
    assert known.redact(f"Basic {packed}") == f"Basic {REDACTED}"
    assert knowing("https://no.secret.example/path").redact("https://no.secret.example/path").endswith("/path")


def test_short_ones_are_left_to_their_names() -> None:
    assert knowing("abc", "").redact("abc and \\n more") == "abc and \\n more"


@given(secret=SECRETS, before=st.text(max_size=20), after=st.text(max_size=20))
def test_no_secret_is_left(secret: str, before: str, after: str) -> None:
    known = knowing(secret)
    assert secret not in known.redact(before + secret + after).replace(REDACTED, "\0")
    inside = json.dumps({"a": before + secret + after})
    assert secret not in json.loads(known.redact(inside).replace(REDACTED, "\\u0000"))["a"]
