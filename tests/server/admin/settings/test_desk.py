"""What routes over settings share."""

from pathlib import Path

import msgspec
import pytest

from codex_proxy.operations.settings.parts import RevisionConflict
from codex_proxy.server.admin.settings.desk import Standing, expected_by
from tests.server.admin.settings.plane import made_desk


@pytest.mark.parametrize(
    ("header", "expected"), [(None, None), ("*", None), ('"abc"', "abc"), (' W/"abc" ', "abc"), ("abc", "abc")]
)
def test_the_revision_in_a_header(header: str | None, expected: str | None) -> None:
    assert expected_by(header) == expected


async def test_a_change_for_another_revision_is_refused_and_what_becomes_of_keys_is_told(tmp_path: Path) -> None:
    desk = made_desk(tmp_path, PORT="7")
    etag = desk.headers["etag"]
    await desk.change({"server.port": 5, "server.host": "::1", "auth.queue_limit": 3}, if_match=etag)
    with pytest.raises(RevisionConflict):
        await desk.change({"auth.queue_limit": msgspec.UNSET}, if_match=etag)
    assert desk.standing(["server.port", "server.host", "auth.queue_limit"]) == Standing(
        restart_required=("server.host",), overridden={"server.port": "environment PORT"}
    )
    assert desk.standing(["auth.queue_limit"]) == Standing(restart_required=(), overridden={})
