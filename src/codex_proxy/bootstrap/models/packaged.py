"""The packaged table of the accounts' models.

Rules of this file: read once; that it is right the tests see to, so that no start can fail over it.
"""

from functools import cache
from pathlib import Path
from typing import Final

from ruamel.yaml import YAML

from codex_proxy.canonical.target import ModelFacts
from codex_proxy.routing.catalogue import Catalogue, parse_catalogue, static_catalogue

CATALOGUE: Final = Path(__file__).with_name("catalogue.yaml")


@cache
def packaged_models() -> tuple[ModelFacts, ...]:
    """The models of the table, in order of preference."""
    return parse_catalogue(YAML(typ="safe", pure=True).load(CATALOGUE.read_text(encoding="utf-8")))


def packaged_catalogue() -> Catalogue:
    """The catalogue before any fetch."""
    return static_catalogue(packaged_models())
