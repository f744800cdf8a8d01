"""Scenarios: scripts of the simulated services, in YAML.

Rules of this file: a scenario is data; what it cannot mean is an error with the place in the file.  The first rule
that matches a request answers it; where none does, the unscripted model does.
"""

import re
from pathlib import Path

import msgspec
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.simulator.sections.accounts import USUAL_ACCOUNTS, AccountSettings
from codex_proxy.simulator.sections.edge import EdgeSettings
from codex_proxy.simulator.sections.issuer import IssuerSettings
from codex_proxy.simulator.sections.steps import Reply, Step, misstep
from codex_proxy.simulator.sections.updates import UpdateSettings
from codex_proxy.simulator.sections.vendors import VendorRule, VendorSettings
from codex_proxy.simulator.tokens import Person, person_of
from codex_proxy.simulator.unscripted.facts import Facts


class ScenarioError(Exception):
    """The scenario cannot be read; one sentence with its place."""


class When(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a request must be like; every member that is given must fit.

    ``request`` is the account's n-th request, from 1; ``lite`` whether it came in the lite form;
    ``endpoint`` the path below ``/codex/``, or another path of the backend without its first slash.
    """

    account: str | None = None
    request: int | None = None
    model: str | None = None
    contains: str | None = None
    matches: str | None = None
    has_tool_output: bool | None = None
    lite: bool | None = None
    endpoint: str | None = None

    def fits(self, facts: Facts) -> bool:
        """Whether a request is meant."""
        asked = (
            self.account is None or facts.account_id == self.account,
            self.request is None or facts.request_number == self.request,
            self.model is None or facts.model == self.model,
            self.contains is None or self.contains in facts.last_user_text,
            self.matches is None or re.search(self.matches, facts.last_user_text) is not None,
            self.has_tool_output is None or bool(facts.tool_outputs) is self.has_tool_output,
            self.lite is None or facts.lite is self.lite,
            self.endpoint is None or facts.endpoint == self.endpoint,
        )
        return all(asked)


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to answer to which request.

    ``shape`` moves where the content is told: ``deltas`` (as the real backend does), ``done`` (only in finished
    items), ``completed`` (only in the final response), ``empty_output`` (deltas, and an empty final output).
    ``strict`` False answers even what the backend would refuse.
    """

    name: str | None = None
    when: When = When()
    strict: bool = True
    reply: Reply | None = None
    steps: list[Step] = []
    gap_ms: float = 0.0
    headers_after_ms: float = 0.0
    shape: str = "deltas"
    usage: JsonObject | None = None


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rules in order, and what the services are like beside them.

    ``rate_limit_events`` tells an account's counters at the head of each stream too, as the backend does on WebSockets.
    """

    rules: list[Rule] = []
    accounts: list[AccountSettings] = []
    issuer: IssuerSettings = IssuerSettings()
    edge: EdgeSettings = EdgeSettings()
    updates: UpdateSettings = UpdateSettings()
    vendors: dict[str, VendorSettings] = {}
    rate_limit_events: bool = False

    def rule_for(self, facts: Facts, *, naming_endpoint: bool = False) -> Rule | None:
        """The rule that answers a request; ``naming_endpoint`` leaves out those that name no endpoint."""
        fitting = (rule for rule in self.rules if rule.when.fits(facts))
        return next((rule for rule in fitting if rule.when.endpoint is not None or not naming_endpoint), None)

    def account_of(self, person: Person) -> AccountSettings:
        """What is said of an account; of one that is not named, only who it is."""
        for settings in self.accounts:
            if settings.id == person.account_id and settings.user in {None, person.user_id}:
                return settings
        return AccountSettings(id=person.account_id, user=person.user_id)

    def people(self) -> list[Person]:
        """Who can log in."""
        return [
            person_of(each.id, plan=each.plan, email=each.email, user_id=each.user)
            for each in self.accounts or USUAL_ACCOUNTS
        ]


SHAPES = frozenset({"deltas", "done", "completed", "empty_output"})
VENDOR_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")


def parse_scenario(text: str) -> Scenario:
    """A scenario from YAML or JSON.

    Raises:
        ScenarioError: no YAML, or something the form does not know.
    """
    try:
        value = YAML(typ="safe").load(text)
    except YAMLError as error:
        raise ScenarioError(f"not valid YAML: {' '.join(str(error).split())}") from error
    try:
        scenario = msgspec.convert(value or {}, Scenario)
    except msgspec.ValidationError as error:
        raise ScenarioError(str(error)) from error
    _check_rules(scenario)
    _check_people(scenario)
    return scenario


def _check_rules(scenario: Scenario) -> None:
    for number, rule in enumerate(scenario.rules):
        if rule.shape not in SHAPES:
            raise ScenarioError(f"rules[{number}].shape: expected one of {', '.join(sorted(SHAPES))}")
        _check_steps(f"rules[{number}]", rule)
    for name, vendor in scenario.vendors.items():
        if VENDOR_NAME.fullmatch(name) is None:
            raise ScenarioError(f"vendors.{name}: expected letters, digits, dots and dashes")
        for number, vendor_rule in enumerate(vendor.rules):
            where = f"vendors.{name}.rules[{number}]"
            _check_steps(where, vendor_rule)
            if len(vendor_rule.answers) > 1:
                raise ScenarioError(f"{where}: one answer per rule, not {vendor_rule.answers}")


def _check_steps(where: str, rule: Rule | VendorRule) -> None:
    for place, step in enumerate(rule.steps):
        given = misstep(step)
        if given is not None:
            raise ScenarioError(f"{where}.steps[{place}]: exactly one member per step, not {given or 'none'}")


def _check_people(scenario: Scenario) -> None:
    """Whoever is named has to be there, and once only."""
    people = scenario.people()
    first: dict[str, int] = {}
    for place, person in enumerate(people):
        if first.setdefault(person.key, place) != place:
            raise ScenarioError(
                f"accounts[{place}]: {person.account_id} is there already; members differ in their user"
            )
    names = {name for person in people for name in person.names}
    asked = {f"issuer.logins[{place}]": name for place, name in enumerate(scenario.issuer.logins)}
    asked |= {f"issuer.refresh_tokens.{token}": name for token, name in scenario.issuer.refresh_tokens.items()}
    for where, name in asked.items():
        if name not in names:
            raise ScenarioError(f"{where}: no account is called {name}")


def load_scenario(path: Path) -> Scenario:
    """The scenario in a file; raises like ``parse_scenario``, naming the file."""
    try:
        return parse_scenario(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ScenarioError(f"{path} cannot be read: {error.strerror}") from error
    except ScenarioError as error:
        raise ScenarioError(f"{path}: {error}") from error
