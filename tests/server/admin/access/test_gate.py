"""Host names and pages; see ``tests/server/admin/test_guard.py`` for every route."""

import pytest

from codex_proxy.server.admin.access.gate import check_page, is_own_origin
from codex_proxy.server.admin.wire.errors import ControlError

OURS = {"host": "localhost:8080", "origin": "http://localhost:8080"}


@pytest.mark.parametrize("headers", [{}, OURS, {"sec-fetch-site": "none"}, {**OURS, "sec-fetch-site": "same-origin"}])
def test_pages_of_ours_and_programs_pass(headers: dict[str, str]) -> None:
    check_page(headers, acts=True)


@pytest.mark.parametrize(
    ("headers", "reads"),
    [
        ({"host": "localhost:8080", "origin": "http://localhost:3000"}, False),
        ({"host": "localhost:8080", "origin": "null"}, False),
        ({"sec-fetch-site": "cross-site"}, True),
        ({"sec-fetch-site": "same-site"}, True),
    ],
)
def test_others_do_nothing_and_a_link_from_one_may_read(headers: dict[str, str], reads: bool) -> None:
    with pytest.raises(ControlError):
        check_page(headers, acts=True)
    if reads:
        check_page(headers, acts=False)
    else:
        with pytest.raises(ControlError):
            check_page(headers, acts=False)


@pytest.mark.parametrize(
    ("origin", "host", "expected"),
    [
        ("http://localhost:8080", "localhost:8080", True),
        ("https://LOCALHOST:8080", "localhost:8080", True),
        ("http://localhost", "localhost:8080", False),
        ("null", "", False),
        ("", "", False),
        ("http://[", "[", False),
        ("file://localhost:8080", "localhost:8080", False),
    ],
)
def test_which_origin_is_ours(origin: str, host: str, expected: bool) -> None:
    assert is_own_origin(origin, host) is expected
