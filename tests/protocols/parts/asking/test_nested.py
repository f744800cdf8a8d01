"""Members of inner objects under dotted names."""

from codex_proxy.protocols.parts.asking.nested import kept_within, put_back


def test_members_are_kept_under_the_name_of_what_held_them_and_nulls_are_not() -> None:
    assert kept_within("text", {"new": 1, "unset": None}) == {"text.new": 1}


def test_they_go_back_to_where_they_stood() -> None:
    kept = {"new": 1, **kept_within("text", {"newer": 2, "verbosity": "low"}), **kept_within("other", {"a": 3})}
    made = put_back({"text": {"verbosity": "high"}, "model": "m"}, kept)
    assert made == {"new": 1, "model": "m", "text": {"verbosity": "high", "newer": 2}, "other": {"a": 3}}


def test_what_was_said_holds() -> None:
    members = {"model": "m", "text": "no object"}
    assert put_back(members, {"model": "n", "text.new": 1}) == members
