"""Values put into a text, and everything else left as it was written."""

import difflib
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from codex_proxy.storage.settings.yaml_text import CannotEdit, edited

GONE = msgspec.UNSET
OWNERS = """\
# my gateway
server:
  port: 9000  # mine

  # about the host
  host: 127.0.0.1
# before models
model:
    aliases:
        small: gpt-5.4-mini   # cheap
        # for later
        "big": gpt-5.5
    custom_models:
        - x
        -   y
    default: 'gpt-5.4'
ollama:
  # not yet
  enabled: false   # off
tls:
# the end
"""


def difference(**sections: dict[str, Any]) -> list[str]:
    """The lines that go and come when these values are put into the owner's text."""
    values = {f"{section}.{name}": value for section, members in sections.items() for name, value in members.items()}
    lines = difflib.ndiff(OWNERS.splitlines(), edited(OWNERS, values).splitlines())
    return [line for line in lines if line[0] in "+-"]


@pytest.mark.parametrize(
    ("sections", "expected"),
    [
        ({"server": {"port": 1}}, ["-   port: 9000  # mine", "+   port: 1  # mine"]),
        ({"server": {"port": 9000}}, []),
        ({"server": {"heartbeat_seconds": 3.5}}, ["+   heartbeat_seconds: 3.5"]),
        ({"server": {"host": GONE}}, ["-   host: 127.0.0.1"]),
        ({"server": {"names": GONE}}, []),
        ({"ollama": {"enabled": GONE}}, ["- ollama:", "-   enabled: false   # off"]),
        (
            {"model": {"aliases": {"small": "gpt-5.5", "big": "gpt-5.5", "own": "gpt-5.4"}}},
            ["-         small: gpt-5.4-mini   # cheap", "+         small: gpt-5.5   # cheap", "+         own: gpt-5.4"],
        ),
        ({"model": {"aliases": {"small": "gpt-5.4-mini"}}}, ['-         "big": gpt-5.5']),
        ({"model": {"custom_models": ["z"]}}, ["-         - x", "-         -   y", "+     - z"]),
        ({"tls": {"proxy_url": "http://127.0.0.1:9"}}, ["+   proxy_url: http://127.0.0.1:9"]),
        ({"auth": {"queue_limit": 1}}, ["+ auth:", "+   queue_limit: 1"]),
    ],
)
def test_only_the_lines_of_what_changes_are_touched(sections: dict[str, Any], expected: list[str]) -> None:
    assert sorted(difference(**sections)) == sorted(expected)


@pytest.mark.parametrize(
    ("before", "values", "after"),
    [
        ("", {"ollama.port": 1}, "ollama:\n  port: 1\n"),
        ("# nothing yet\n\n# at all", {"ollama.port": 1}, "# nothing yet\n\n# at all\nollama:\n  port: 1\n"),
        ("null\n", {"ollama.port": 1}, "ollama:\n  port: 1\n"),
        ("ollama:\n", {"ollama.port": 1}, "ollama:\n  port: 1\n"),
        ("ollama: {port: 2}  # flow\n", {"ollama.port": 1}, "ollama: {port: 1}  # flow\n"),
        ("ollama: {port: 2}\n", {"ollama.port": GONE}, ""),
        ("ollama:\n  port: 2", {"ollama.port": GONE}, ""),
        ("a:\n  b: 1\n...\n", {"c.d": 2}, "a:\n  b: 1\nc:\n  d: 2\n"),
        ("a:\n  b: true\n", {"a.b": 1}, "a:\n  b: 1\n"),
        ("", {"a.b": "0.20"}, "a:\n  b: '0.20'\n"),
        ("", {"model_routing": {"x": "groq"}}, "model_routing:\n  x: groq\n"),
        ("model_routing:\n  x: groq  # mine\n", {"model_routing": {"x": "groq", "y": "z"}},
         "model_routing:\n  x: groq  # mine\n  y: z\n"),
    ],
)  # fmt: skip
def test_texts_of_every_kind(before: str, values: dict[str, Any], after: str) -> None:
    assert edited(before, values) == after


@pytest.mark.parametrize("text", ["a: [1\n", "- 1\n", "ollama: 5\n", "a: 1\na: 2\n", "ollama: [1]\n", "\x00"])
def test_what_is_no_configuration_cannot_be_edited(text: str) -> None:
    with pytest.raises(CannotEdit):
        edited(text, {"ollama.port": 1})


NAMES = st.sampled_from(["a", "b", "c"])
PLAIN = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.lists(st.text(max_size=4), max_size=3)
VALUES = PLAIN | st.dictionaries(st.text(min_size=1, max_size=4), st.text(max_size=6), max_size=3)


LITTLE = "# mine\nserver:\n  port: 1  # x\n# below\n"


@settings(max_examples=20)  # each reads the text a dozen times, which the library takes milliseconds for
@given(first=st.dictionaries(NAMES, VALUES), second=st.dictionaries(NAMES, VALUES | st.just(GONE)))
def test_the_text_says_what_was_put_in_and_what_was_there(first: dict[str, Any], second: dict[str, Any]) -> None:
    text = edited(LITTLE, {f"own.{name}": value for name, value in first.items()})
    text = edited(text, {f"own.{name}": value for name, value in second.items()})
    expected = {name: value for name, value in (first | second).items() if value is not GONE}
    told = YAML(typ="safe", pure=True).load(text)
    assert (told.get("own") or {}) == expected
    assert text.startswith(LITTLE)
