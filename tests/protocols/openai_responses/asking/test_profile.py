"""What vendors are assumed to take."""

from codex_proxy.protocols.openai_responses.asking.profile import ResponsesProfile


def test_a_vendor_nobody_described_is_called_as_the_openai_platform() -> None:
    profile = ResponsesProfile()
    assert (profile.path, profile.key_header, profile.headers) == ("/responses", "authorization", ())
    assert profile.custom_tools
    assert profile.developer_role
    assert profile.encrypted_reasoning
