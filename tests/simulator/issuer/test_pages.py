"""Pages for people."""

from codex_proxy.simulator.issuer.authorize import read_login
from codex_proxy.simulator.issuer.pages import consent_page, device_page, error_page, redirect
from codex_proxy.simulator.sections.issuer import CLIENT_ID
from codex_proxy.simulator.tokens import person_of
from tests.simulator.issuer.test_authorize import query

EVIL = '"><script>alert(1)</script>'


def test_whatever_came_from_outside_is_escaped() -> None:
    people = [person_of(EVIL, email=EVIL, plan=EVIL, user_id=EVIL)]
    asked = read_login(query(state=EVIL), client_id=CLIENT_ID)
    for page in (consent_page(asked, people), device_page(people, EVIL), error_page(EVIL)):
        assert b"<script>" not in page.body
        assert dict(page.headers)["content-security-policy"].startswith("default-src 'none'")


def test_everybody_has_a_button_and_nobody_has_to() -> None:
    page = consent_page(read_login(query(), client_id=CLIENT_ID), [person_of("a", plan="team")])
    assert b"a@example.invalid (team)" in page.body
    assert b'value="deny"' in page.body


def test_a_redirect_is_not_kept() -> None:
    reply = redirect("http://127.0.0.1:1/x")
    assert (reply.status, dict(reply.headers)) == (
        302, {"location": "http://127.0.0.1:1/x", "cache-control": "no-store"},
    )  # fmt: skip
