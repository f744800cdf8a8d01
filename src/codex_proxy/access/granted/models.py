"""Which models a key may ask for.

Rules of this file: pure.  What counts is where a name leads: an alias, a suffix or a family's word opens no model that
the key may not use.  A name without ``*`` may also be an alias of the owner's, and then opens what it leads to.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

ANY = "*"


def may_use(allowed: Sequence[str] | None, model: str, *, vendor: str | None = None, asked: str = "") -> bool:
    """Whether a key that is ``allowed`` these may use ``model`` of ``vendor``, which the client called ``asked``.

    ``model`` is the resolved id, without suffixes; a vendor's may be named with the vendor and a colon before it as
    well.  Letters count the same, large or small.
    """
    if allowed is None:
        return True
    names = (model,) if vendor is None else (model, f"{vendor}:{model}")
    if any(_pattern(each).fullmatch(name) for each in allowed for name in names):
        return True
    return bool(asked) and any(ANY not in each and each.lower() == asked.lower() for each in allowed)


@lru_cache(maxsize=1024)
def _pattern(glob: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, glob.split(ANY))), re.IGNORECASE | re.DOTALL)
