"""Files with credentials."""

from codex_proxy.server.admin.files import secret_file


def test_a_file_with_credentials_is_kept_nowhere_on_its_way() -> None:
    reply = secret_file("secrets", name="secrets.yaml", media_type="text/yaml")
    assert (reply.content, reply.media_type) == (b"secrets", "text/yaml")
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["content-disposition"] == 'attachment; filename="secrets.yaml"'
