"""The bytes of an import in their forms."""

import contextlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.accounts.formats.reading import rows_of
from codex_proxy.accounts.formats.rows import Row
from codex_proxy.accounts.formats.shapes import ImportUnreadable
from codex_proxy.operations.transfer.bodies import MOST_YAML_BYTES, BodyForm, find_in_body
from tests.accounts.formats.samples import REFRESH, RULES, auth_json, sub2api, token, tokens_of

YAML = f"""
accounts:
  - token: {token()}
    label: mine
  # the spare one
  - refreshToken: {REFRESH}
"""


def rows(body: bytes, form: BodyForm) -> list[Row]:
    return list(rows_of(find_in_body(body, form), RULES))


def tokens(body: bytes, form: BodyForm) -> list[tuple[str | None, str | None]]:
    return [tokens_of(row) for row in rows(body, form)]


def test_each_form_is_read_as_what_it_is() -> None:
    both = [(token(), None), (None, REFRESH)]
    assert tokens(YAML.encode(), BodyForm.YAML) == both
    assert tokens(f"{token()}\n{REFRESH}".encode(), BodyForm.LINES) == both
    assert tokens(msgspec.json.encode([token(), REFRESH]), BodyForm.JSON) == both


@pytest.mark.parametrize("content", [auth_json(), sub2api({"refresh_token": REFRESH})])
def test_json_is_yaml_as_well(content: object) -> None:
    body = msgspec.json.encode(content)
    assert tokens(body, BodyForm.YAML) == tokens(body, BodyForm.JSON)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"accounts:\n  - token: [", "the YAML is malformed: line 2, column 13"),
        (b"accounts:\n\t- x", "the YAML is malformed: line 2, column 1"),
        (b"\xff\xfe\xfa", "the YAML is malformed"),
        (b"- &a [*b]", "the YAML is malformed: line 1"),
        (b"- !secret-0123456789 x", "the YAML is malformed: line 1, column 3"),
        (b"? [a]\n: b", "no accounts in it"),
        (b"2024-99-99", "the YAML is malformed"),
        (b'!!float ""', "the YAML is malformed"),
        (b"!!bool secret", "the YAML is malformed"),
        (b"%YAML 1.1\n---\n- secret\n", "lines that begin with %"),
        (b"", "no accounts in it"),
        (b"just: words", "no accounts in it"),
    ],
)
def test_yaml_that_cannot_be_read_names_the_place_and_not_the_text(body: bytes, words: str) -> None:
    with pytest.raises(ImportUnreadable) as caught:
        find_in_body(body, BodyForm.YAML)
    assert words in str(caught.value)
    assert "secret" not in str(caught.value)
    assert not caught.value.too_large


def test_of_yaml_only_little_is_taken() -> None:
    with pytest.raises(ImportUnreadable, match="use JSON") as caught:
        find_in_body(b"#" * (MOST_YAML_BYTES + 1), BodyForm.YAML)
    assert caught.value.too_large


def test_an_anchor_that_is_used_twice_is_no_reason_to_repeat_the_text() -> None:
    assert tokens(f"- &a {token()}\n- &a {REFRESH}\n".encode(), BodyForm.YAML) == [(token(), None), (None, REFRESH)]


def test_yaml_that_holds_itself_is_rows_that_are_none() -> None:
    found = rows(b"&a\n- *a\n- {token: *a}\n", BodyForm.YAML)
    assert [row.index for row in found] == [1, 2]


_LINES = st.lists(
    st.sampled_from(
        [
            "- a",
            "a: b",
            "? x",
            "[",
            "]",
            "{",
            "}",
            "&a",
            "*a",
            "!!int x",
            "|",
            "'",
            '"',
            "-",
            "%",
            "\t",
            "0x",
            "<<: 1",
            "2024-01-01",
            "!!binary x",
            "!!set {a}",
            "1e9:",
        ]
    ),
    max_size=6,
)


@given(
    body=st.binary(max_size=60) | _LINES.map(lambda lines: "\n".join(lines).encode()), form=st.sampled_from(BodyForm)
)
def test_whatever_the_bytes_are_there_is_a_file_or_a_reason(body: bytes, form: BodyForm) -> None:
    found: list[Row] = []
    with contextlib.suppress(ImportUnreadable):
        found = rows(body, form)
    assert len(found) <= len(body)
