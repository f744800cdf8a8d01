"""The book, put together."""

from pathlib import Path

from structlog.testing import capture_logs

from codex_proxy.bootstrap.live.followers import Followers
from codex_proxy.bootstrap.logs import configure_logs
from codex_proxy.bootstrap.settings.book import settings_book
from codex_proxy.settings.load import load_settings


async def test_changes_are_followed_kept_and_told_to_the_log(tmp_path: Path) -> None:
    configure_logs("auto")
    loaded = load_settings(flags={}, environ={}, data_dir=tmp_path)
    followers = Followers(loaded.settings)
    book = settings_book(loaded, {}, followers)
    await book.keep({"auth.queue_limit": 5})
    assert followers.live.get().auth.queue_limit == 5
    (revision,) = await book.revisions()
    assert (revision.number, [change.key for change in revision.changes]) == (1, ["auth.queue_limit"])
    with capture_logs() as told:
        for text in ("auth:\n  queue_limit: x\n", "auth:\n  queue_limit: 6\n"):
            (tmp_path / "local.yaml").write_text(text)
            for _ in range(2):
                await book.look()
    assert [line["log_level"] for line in told] == ["warning", "info"]
    (fault,) = told[0]["faults"]
    assert fault.startswith("local.yaml:2: auth.queue_limit: input should be a valid integer")
    assert followers.live.get().auth.queue_limit == 6
