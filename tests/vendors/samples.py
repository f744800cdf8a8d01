"""Keys and failures for the tests of vendors."""

from typing import Any

from hypothesis import strategies as st

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.vendors.key import KeyModel, KeyStatus, VendorKey
from codex_proxy.vendors.profile import Capability, Wire

NOW = 1_800_000_000.0
SECRET = "sk-vendor-0123456789abcdef"


def key(row_id: str = "k1", **members: Any) -> VendorKey:
    told: dict[str, Any] = {
        "vendor": "openai",
        "base_url": "https://api.example/v1",
        "wire": Wire.CHAT,
        "secret": SECRET,
        "models": (KeyModel(id="m"),),
    }
    return VendorKey(row_id=row_id, **(told | members))


def failure(kind: FailureKind, **members: Any) -> Failure:
    return Failure(kind=kind, **({"message": "so it is"} | members))


TIMES = st.floats(NOW - 10_000, NOW + 10_000)
KEY_MODELS = st.builds(
    KeyModel,
    id=st.sampled_from(["m", "n", "o"]),
    capabilities=st.lists(st.sampled_from(Capability), max_size=3).map(tuple),
    enabled=st.booleans(),
)
KEYS = st.builds(
    key,
    st.text("abc", min_size=1, max_size=2),
    vendor=st.sampled_from(["openai", "groq"]),
    name=st.sampled_from([None, "mine"]),
    status=st.sampled_from(KeyStatus),
    cooling_until=st.none() | TIMES,
    strikes=st.integers(0, 9),
    last_used_at=st.none() | TIMES,
    models=st.lists(KEY_MODELS, max_size=3, unique_by=lambda model: model.id).map(tuple),
)
FAILURES = st.builds(
    failure,
    st.sampled_from(FailureKind),
    retry_after_seconds=st.none() | st.floats(-10, 1e7),
    resets_at=st.none() | st.floats(NOW - 1e6, NOW + 1e7),
)
