"""Before and after."""

from codex_proxy.server.admin.access.snapshots import Snapshots, difference, snapshot_of

SNAPSHOTS: Snapshots = {
    "/a/{id}": lambda named: {"id": named["id"]},
    "/a/{id}/b": lambda named: {"b": named["id"]},
}


def test_the_longest_beginning_counts() -> None:
    named = {"id": "1"}
    assert snapshot_of(SNAPSHOTS, "/a/{id}")(named) == {"id": "1"}
    assert snapshot_of(SNAPSHOTS, "/a/{id}/label")(named) == {"id": "1"}
    assert snapshot_of(SNAPSHOTS, "/a/{id}/b/c")(named) == {"b": "1"}
    assert snapshot_of(SNAPSHOTS, "/a/{id}s")(named) == {}


def test_only_what_changed_is_told() -> None:
    assert difference({"x": 1, "y": "a"}, {"x": 1, "y": "b", "z": 0}) == {
        "before.y": "a",
        "after.y": "b",
        "after.z": 0,
    }
    assert difference({"x": 1}, {}) == {"before.x": 1}
