"""Pages that are written from the sources: configuration keys, failures, account states, vendors, the fidelity matrix.

python -m scripts.generate_pages          write them
python -m scripts.generate_pages --check  say which are out of date, and fail
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
from pydantic.fields import FieldInfo

from codex_proxy.accounts.lifecycle.states import OCCURRENCE_OF, TABLE, State
from codex_proxy.canonical.failure import RULES, FailureKind
from codex_proxy.protocols.parts.errors.openai_errors import TYPE_AND_CODE
from codex_proxy.settings.keys import Change
from codex_proxy.settings.layers import NAMED_VARIABLES
from codex_proxy.settings.load import known_keys, marks_of
from codex_proxy.settings.schema import Settings
from scripts.account_states import account_states_page
from scripts.checks.breach import ROOT
from scripts.fidelity.pages import fidelity_document, fidelity_page
from scripts.vendors_page import profiles_document, vendors_page

CONFIGURATION_HEAD = """\
# Configuration

Flags win over environment variables, these over `local.yaml` in the data directory (or the file given with
`--config`), and these over the defaults below. Every key can be set as `CODEX_PROXY_<SECTION>__<KEY>`, for instance
`CODEX_PROXY_SERVER__PORT`; the word `null` means null, and an explicit null wins over the layers below it. Lists and
maps in the environment are JSON. An unknown key is an error that names the nearest known one.

```yaml
# local.yaml
server:
  port: 9000
model:
  aliases:
    my-model: gpt-5.4-high
```

Keys that other editions have and that can have no effect here are accepted, so that a file can be taken over; they say
why, and `codex-proxy config check` names those that you set. *file only* marks keys that can move credentials and are
never set through an API. *live* marks keys of which a change counts at the next request, whether it came through the
control plane, by `codex-proxy settings` or by hand into the file; all others count at the next start. [Changing
settings](settings.md) says more.
"""
FAILURES_HEAD = """\
# Failures

Every failure is classified once, where it is first seen, into one of the kinds below; everything after that (what the
client is told, whether another account is tried, what becomes of the account) follows from the kind.

*Status* and *code* are what OpenAI-style clients get before a stream began; within a stream they get the dialect's
error frame with the same words. *Other account*: whether another account is tried before the first content; after it
none ever is. *Same*: how often the same account is tried again. *Account becomes*: the state of an active account.

| kind | meaning | at fault | status | code | other account | same | account becomes |
|---|---|---|---|---|---|---|---|
"""


def configuration_page() -> str:
    """Every key, by section."""
    variables = {name: variable for variable, name in NAMED_VARIABLES.items()}
    lines = [CONFIGURATION_HEAD]
    section = ""
    for name, info in known_keys().items():
        group = name.partition(".")[0]
        if group != section:
            section = group
            lines += ["", f"## {section}", "", *_section_words(section)]
            lines += ["| key | default | what it does |", "|---|---|---|"]
        lines.append(f"| `{name}` | {_default(info)} | {_words(info, variables.get(name))} |")
    return "\n".join(lines).rstrip() + "\n"


def failures_page() -> str:
    """Every kind and what it means."""
    return FAILURES_HEAD + "".join(_failure_row(kind) for kind in FailureKind)


PAGES: Mapping[str, Callable[[], str]] = {
    "docs/account-states.md": account_states_page,
    "docs/configuration.md": configuration_page,
    "docs/failures.md": failures_page,
    "docs/fidelity.md": fidelity_page,
    "docs/vendors.md": vendors_page,
    "src/codex_proxy/bootstrap/fidelity.json": fidelity_document,
    "src/codex_proxy/bootstrap/vendors/profiles.json": profiles_document,
}


def outdated(root: Path) -> Iterator[str]:
    """Pages below ``root`` that the sources would write differently."""
    for name, make in PAGES.items():
        path = root / name
        if not path.exists() or path.read_text(encoding="utf-8") != make():
            yield name


def main() -> int:
    """Write or check the pages of this project."""
    if "--check" in sys.argv[1:]:
        late = list(outdated(ROOT))
        for name in late:
            sys.stdout.write(f"{name}: out of date; run python -m scripts.generate_pages\n")
        return 1 if late else 0
    for name, make in PAGES.items():
        (ROOT / name).write_text(make(), encoding="utf-8")
    return 0


def _section_words(section: str) -> list[str]:
    kind = Settings.model_fields[section].annotation
    words = (kind.__doc__ or "").strip() if isinstance(kind, type) and kind.__module__ != "builtins" else ""
    return [words, ""] if words else []


def _default(info: FieldInfo) -> str:
    value: Any = info.get_default(call_default_factory=True)
    return f"`{msgspec.json.encode(value).decode()}`"


def _words(info: FieldInfo, variable: str | None) -> str:
    marks = marks_of(info)
    told = (
        ("live", marks["change"] == Change.LIVE),
        ("file only", marks["file_only"]),
    )
    notes = [word for word, holds in told if holds]
    said = (info.description or "").replace("|", "\\|")
    named = f" Also `{variable}`." if variable else ""
    return f"{said}{named}" + (f" *{', '.join(notes)}*" if notes else "")


def _failure_row(kind: FailureKind) -> str:
    rule = RULES[kind]
    occurrence = OCCURRENCE_OF[kind]
    state = TABLE[State.ACTIVE][occurrence] if occurrence is not None else None
    cells = (
        f"`{kind.value}`",
        rule.meaning,
        rule.fault.value,
        str(rule.client_status),
        f"`{TYPE_AND_CODE[kind][1] or TYPE_AND_CODE[kind][0]}`",
        "yes" if rule.other_account_helps else "no",
        str(rule.same_account_tries or "no"),
        state.value if state is not None else "stays",
    )
    return "| " + " | ".join(cells) + " |\n"


if __name__ == "__main__":
    sys.exit(main())
