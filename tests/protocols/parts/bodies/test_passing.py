"""A client's own body, changed where it has to be and nowhere else."""

import json

from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.protocols.parts.bodies.passing import members_of, with_members

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def changed(body: bytes, **changes: object) -> bytes:
    return with_members(body, members_of(body), changes)


def test_only_the_value_changes() -> None:
    body = b'{ "temperature": 1.0,\n  "model" : "fast",  "messages":[{"role":"user","content":"a \\u00e9"}] }'
    assert changed(body, model="gpt") == body.replace(b'"fast"', b'"gpt"')


def test_a_member_that_is_not_there_comes_first() -> None:
    assert changed(b'{"a":1}', model="m") == b'{"model":"m","a":1}'
    assert changed(b" { } ", model="m") == b' {"model":"m" } '


def test_where_the_name_stands_twice_each_member_is_written_as_it_came() -> None:
    body = b'{"messages":[{"model":"fast"}], "top_p":1.50,"model":"fast"}'
    assert changed(body, model="m") == b'{"messages":[{"model":"fast"}],"top_p":1.50,"model":"m"}'


def test_a_name_that_hides_behind_an_escape_is_no_second_member() -> None:
    body = b'{"model":"allowed","mod\\u0065l":"hidden"}'
    assert json.loads(changed(body, model="m"), object_pairs_hook=list) == [("model", "m")]


@given(st.dictionaries(st.text(max_size=8), VALUES, max_size=6), st.text(max_size=8), st.booleans())
def test_whatever_the_body_it_says_the_same_but_for_the_change(
    body: dict[str, object], model: str, spaced: bool
) -> None:
    text = json.dumps(body, indent=1 if spaced else None).encode()
    assert json.loads(changed(text, model=model)) == body | {"model": model}
