"""Which way to log in is offered first."""

from codex_proxy.operations.login.ways import Way, ways_to_log_in


def test_c_07_from_another_machine_the_device_code_comes_first_and_no_redirect_is_awaited() -> None:
    assert ways_to_log_in(remote=True) == (Way.DEVICE, Way.PASTE)


def test_on_this_machine_the_browser_comes_first_where_its_redirect_can_be_received() -> None:
    assert ways_to_log_in(remote=False)[0] is Way.BROWSER
    assert ways_to_log_in(remote=False, callback_possible=False) == (Way.PASTE, Way.DEVICE)
