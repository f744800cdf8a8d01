"""What logins pass around gives no secret away."""

from codex_proxy.operations.login.ports import Authorization, AuthorizationCode, DeviceCode, FileSeen
from tests.operations.login.stage import Stage


def test_c_06_secrets_do_not_show() -> None:
    told = [
        Authorization(state="secret-state", verifier="secret-verifier", redirect_uri="http://127.0.0.1:1455/"),
        AuthorizationCode(code="secret-code", verifier="secret-verifier", redirect_uri="http://127.0.0.1:1455/"),
        DeviceCode(device_auth_id="secret-id", user_code="secret-code", page_url="https://x", interval_seconds=5.0),
        FileSeen(path="/home/auth.json", content=b"secret", changed_at_ns=1),
    ]
    assert "secret" not in repr(told)
    assert "http://127.0.0.1:1455/" in repr(told)


def test_a_row_id_is_sixteen_hex_digits() -> None:
    parts = Stage().parts
    first, second = parts.new_row_id(), parts.new_row_id()
    assert (len(first), int(first, 16) != int(second, 16)) == (16, True)
