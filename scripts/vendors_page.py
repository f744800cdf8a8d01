"""The page on vendors, and their data in the form that the program reads, written from ``profiles.yaml``.

Rules of this file: nothing is told here that the profiles do not say.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from codex_proxy.bootstrap.vendors.codecs import dialect_profile
from codex_proxy.bootstrap.vendors.profiles import PACKAGED, load_data, read_profiles
from codex_proxy.protocols.anthropic.schema import AnthropicProfile
from codex_proxy.protocols.openai_chat.asking.profile import ChatProfile
from codex_proxy.protocols.openai_responses.asking.profile import ResponsesProfile
from codex_proxy.vendors.profile import ModelFamily, VendorProfile, Wire

HEAD = """\
# Vendors

What the gateway knows of third-party APIs before you bring a key. A model of a vendor is asked for by its name, or as
`vendor:model` ([Models](models.md)). Keys stand below `providers` in `local.yaml`, as `api_key`, which is plain text
there, or as `api_key_env`, the name of a variable; with each the `models` it is for. A server on this machine needs no
key, and an address in a private network needs `allow_private: true`. Clients of any dialect may ask any vendor; the
body of one that speaks the vendor's own is passed on as it is, unless it says what the vendor does not take, or a
[default tool](default-tools.md) is offered with it.

A vendor that is not here is an entry of your own.

*Wires*: what it speaks, the default first. *Key*: the header that carries it.

| vendor | name | base URL | wires | beside chat | key |
|---|---|---|---|---|---|
"""
OWN = """
## A vendor of your own

An entry below `providers` in `local.yaml` is a vendor under its name. What it does not say is as in the profile that it
names, else in the one above of its own name, else in `custom`; `quirks` are the members that the tables below show, and
the others of the dialect's profile (`ChatProfile`, `ResponsesProfile`, `AnthropicProfile`, `GeminiProfile` in the
sources). `null` takes one back. A wrong member is refused at the start, by its place.

```yaml
providers:
  custom:
    acme:
      base_url: https://api.acme.example/v1
      api_key_env: ACME_KEY
      models: [acme-large]
      profile: deepseek              # thinks and echoes its thoughts as DeepSeek does
      quirks:
        max_tokens_field: max_completion_tokens
        refuses: [top_k, seed]
        reasoning_echo: null
      families:
        - models: ["acme-large*"]
          efforts: [none, high]
          context_window: 200000
```

Azure's older addresses name the deployment and the version of the API in the path:

```yaml
providers:
  azure:
    base_url: https://RESOURCE.openai.azure.com/openai
    api_key_env: AZURE_KEY
    models: [my-deployment]
    quirks:
      path: /deployments/{model}/chat/completions?api-version=2024-10-21
```
"""
CHAT_HEAD = """
## Chat Completions

*Thinking*: the members that tell it how much to think. *Echo*: where it wants its thoughts back. *Form*: whether it
takes a JSON Schema, or only the wish for JSON; what it takes no member for is asked for in words. *Choice*: what it can
be told about the use of tools. *Reads*: beside text. *Left out*: what it refuses or does not know.

| vendor | output limit | thinking | echo | form | choice | reads | left out |
|---|---|---|---|---|---|---|---|
"""
RESPONSES_HEAD = """
## Responses

| vendor | wire | free-text tools | hosted tools | encrypted reasoning | left out |
|---|---|---|---|---|---|
"""
MESSAGES_HEAD = """
## Messages

| vendor | thinking | effort | schema | cache marks | reads | left out |
|---|---|---|---|---|---|---|
"""
FAMILIES_HEAD = """
## Models

An effort that a model does not have becomes the nearest lower one it has, else its lowest. *Differs*: members of the
dialect's profile that differ for these models.

| vendor | models | efforts | window | output | differs |
|---|---|---|---|---|---|
"""
NOTHING = "–"


def vendors_page() -> str:
    """Every vendor and what it takes."""
    profiles = read_profiles(PACKAGED.read_text(encoding="utf-8"))
    told = list(profiles.values())
    return (
        HEAD
        + _rows(_vendor_cells(profile) for profile in told)
        + OWN
        + CHAT_HEAD
        + _rows(cells for profile in told for cells in _chat_cells(profile))
        + RESPONSES_HEAD
        + _rows(cells for profile in told for cells in _responses_cells(profile))
        + MESSAGES_HEAD
        + _rows(cells for profile in told for cells in _messages_cells(profile))
        + FAMILIES_HEAD
        + _rows(_family_cells(profile, family) for profile in told for family in _own_families(profile, told))
    )


def profiles_document() -> str:
    """The profiles as JSON, a vendor a line."""
    data = load_data(PACKAGED.read_text(encoding="utf-8"))
    rows = (f"{_json(name)}:{_json(members)}" for name, members in data.items())
    return "{\n" + ",\n".join(rows) + "\n}\n"


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _rows(rows: Iterator[list[str]]) -> str:
    return "".join("| " + " | ".join(cells) + " |\n" for cells in rows)


def _vendor_cells(profile: VendorProfile) -> list[str]:
    address = profile.base_url or profile.base_url_form or ""
    wires = ", ".join(wire.wire.value for wire in profile.wires)
    beside = [capability.value for capability in profile.capabilities if capability.value != "chat"]
    key = f"`{profile.default_wire.sent_key_header}`" if not profile.is_local else "none needed"
    return [f"`{profile.name}`", profile.display_name, f"`{address}`", wires, ", ".join(beside) or NOTHING, key]


def _chat_cells(profile: VendorProfile) -> Iterator[list[str]]:
    if profile.find_wire(Wire.CHAT) is None:
        return
    told = dialect_profile(profile, Wire.CHAT, ChatProfile)
    reads = [
        name
        for name, able in (
            ("pictures" if told.image_links else "inline pictures", told.images),
            ("files", told.files),
            ("sound", told.audio),
        )
        if able
    ]
    form = "schema" if told.json_schema else "JSON" if told.json_object else NOTHING
    choice = _words(word.value for word in told.choices) if told.tools else "no tools"
    yield [
        f"`{profile.name}`",
        f"`{told.max_tokens_field}`",
        _words(switch.value for switch in told.thinking),
        _words(filter(None, (told.reasoning_echo, "reasoning_details" if told.reasoning_details else None))),
        form,
        choice,
        ", ".join(reads) or NOTHING,
        _words((*told.refuses, *told.refuses_thinking)),
    ]


def _responses_cells(profile: VendorProfile) -> Iterator[list[str]]:
    for wire in (Wire.RESPONSES, Wire.CODEX_RESPONSES):
        if profile.find_wire(wire) is not None:
            told = dialect_profile(profile, wire, ResponsesProfile)
            hosted = "all" if told.hosted_tools is None else _words(told.hosted_tools)
            yield [
                f"`{profile.name}`",
                wire.value,
                "yes" if told.custom_tools else "as functions",
                hosted,
                "yes" if told.encrypted_reasoning else "no",
                _words((*told.refuses, *told.refuses_thinking)),
            ]


def _messages_cells(profile: VendorProfile) -> Iterator[list[str]]:
    if profile.find_wire(Wire.ANTHROPIC) is None:
        return
    told = dialect_profile(profile, Wire.ANTHROPIC, AnthropicProfile)
    pictures = "pictures" if told.image_links else "inline pictures"
    reads = [name for name, able in ((pictures, told.images), ("documents", told.documents)) if able]
    yield [
        f"`{profile.name}`",
        told.thinks.value,
        "yes" if told.effort else "no",
        "yes" if told.structured_outputs else "in words",
        "yes" if told.cache_marks else "no",
        ", ".join(reads) or NOTHING,
        _words(told.refuses),
    ]


def _own_families(profile: VendorProfile, told: list[VendorProfile]) -> tuple[ModelFamily, ...]:
    """The families that stand there first; another vendor may have the same ones."""
    first = next(other for other in told if other.families == profile.families)
    return profile.families if first is profile else ()


def _family_cells(profile: VendorProfile, family: ModelFamily) -> list[str]:
    differs = [f"{wire.value}: {_told(quirks)}" for wire, quirks in family.quirks.items() if quirks]
    return [
        f"`{profile.name}`",
        _words(family.models),
        _words(family.efforts),
        _count(family.context_window),
        _count(family.max_output_tokens),
        "; ".join(differs) or NOTHING,
    ]


def _told(quirks: dict[str, Any]) -> str:
    return ", ".join(f"`{name}` {_plain(value)}" for name, value in quirks.items())


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " ".join(f"`{one}`" for one in value) or NOTHING
    if isinstance(value, dict):
        return " ".join(f"`{name}: {one}`" for name, one in value.items())
    return NOTHING if value is None else f"`{value}`"


def _words(words: Iterator[str] | tuple[str, ...]) -> str:
    return " ".join(f"`{word}`" for word in words) or NOTHING


def _count(tokens: int | None) -> str:
    return NOTHING if tokens is None else f"{tokens:,}".replace(",", " ")
