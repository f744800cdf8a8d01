"""Prices: the packaged ones, and the owner's in ``pricing.yaml`` of the data directory, laid over them.

Rules of this file: the owner's file is read at the start; one that cannot be used is a reason not to start, since costs
and budgets would go by other prices than he believes.  That the packaged file is right the tests see to.
"""

from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.usage.prices.reading import PriceError, parse_prices
from codex_proxy.usage.prices.table import PriceTable

PACKAGED: Final = Path(__file__).with_name("prices.json")
OWNERS_FILE: Final = "pricing.yaml"


def price_table(data_dir: Path) -> PriceTable:
    """The prices in force.

    Raises:
        StartRefused: the owner's file cannot be read or used; names the place.
    """
    path = data_dir / OWNERS_FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return packaged_prices()
    except (OSError, UnicodeDecodeError) as error:
        raise StartRefused(f"{path} cannot be read: {getattr(error, 'strerror', None) or 'it is no UTF-8'}") from error
    try:
        return parse_prices(_loaded(text), below=packaged_prices())
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = "" if mark is None else f" in line {mark.line + 1}"
        raise StartRefused(f"{path} is no YAML{where}") from error
    except PriceError as error:
        raise StartRefused(f"{path}: {error}") from error


@cache
def packaged_prices() -> PriceTable:
    """The prices that come with the program."""
    return parse_prices(msgspec.json.Decoder(float_hook=Decimal).decode(PACKAGED.read_bytes()))


def _loaded(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)
