"""Model lists in OpenAI's shape."""

from openai.types import Model

from codex_proxy.canonical.target import ModelFacts
from codex_proxy.protocols.parts.openai.models import model_list, model_object

RICH = ModelFacts(
    slug="gpt-5.4",
    display_name="GPT",
    description="strong",
    efforts=("low", "high"),
    default_effort="low",
    context_window=272_000,
    max_context_window=1_000_000,
    max_output_tokens=128_000,
)
PICTURES = ModelFacts(slug="gpt-image-2", output_modalities=("image",), visible=False)


def test_the_sdk_reads_it_and_gateways_clients_find_their_members() -> None:
    told = model_object(RICH)
    assert Model.model_validate(told).owned_by == "openai"
    assert told["context_window"] == told["context_length"] == 272_000
    assert told["max_tokens"] == told["max_output_tokens"] == 128_000
    assert told["max_context_window"] == 1_000_000
    assert told["supported_reasoning_efforts"] == ["low", "high"]
    assert told["input_modalities"] == ["text", "image"]
    assert told["supports_tools"] is True
    assert (told["display_name"], told["description"]) == ("GPT", "strong")


def test_unknown_figures_are_not_invented() -> None:
    assert model_object(PICTURES).keys() == {
        "id", "object", "created", "owned_by", "input_modalities", "output_modalities", "supports_tools",
    }  # fmt: skip
    assert model_object(PICTURES)["supports_tools"] is False


def test_a_vendors_model_is_owned_by_the_vendor_and_says_what_it_can_do() -> None:
    told = model_object(ModelFacts(slug="e", vendor="openai", capabilities=("embeddings",)))
    assert (told["owned_by"], told["capabilities"], told["supports_tools"]) == ("openai", ["embeddings"], False)
    assert model_object(ModelFacts(slug="m", vendor="groq", alias_of="llama"))["owned_by"] == "llama"


def test_an_alias_is_owned_by_its_model() -> None:
    assert model_object(ModelFacts(slug="mine", alias_of="gpt-5.4"))["owned_by"] == "gpt-5.4"


def test_hidden_models_are_not_listed() -> None:
    told = model_list([RICH, PICTURES])
    assert told["object"] == "list"
    assert [row["id"] for row in told["data"]] == ["gpt-5.4"]
