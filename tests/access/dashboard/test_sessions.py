"""When sessions end."""

from codex_proxy.access.dashboard.sessions import MOST_SESSIONS, SUDO_SECONDS, Session, SessionBook


def session(name: str, at: float = 0.0) -> Session:
    return Session(session_id=name, opened_at=at, seen_at=at, proved_at=at, address="127.0.0.1", agent="browser")


def book() -> SessionBook:
    return SessionBook(rest_seconds=lambda: 60.0, longest_seconds=lambda: 150.0)


def test_a_session_ends_by_rest() -> None:
    sessions = book()
    sessions.open("token", session("a"))
    assert sessions.find("token", 60.0) is not None
    assert sessions.find("token", 119.0) is not None, "it was seen in between"
    assert sessions.find("token", 180.1) is None
    assert sessions.find("token", 0.0) is None, "what is over stays over"


def test_a_session_ends_by_age_however_busy() -> None:
    sessions = book()
    sessions.open("token", session("a"))
    for now in (50.0, 100.0, 150.0):
        assert sessions.find("token", now) is not None
    assert sessions.find("token", 151.0) is None


def test_a_session_of_a_time_to_come_ends_when_the_clock_is_set_right() -> None:
    sessions = book()
    sessions.open("token", session("a", at=1e9))
    assert sessions.find("token", 1e9 - 1.0) is not None, "clocks are set right by a second all the time"
    assert sessions.find("token", 1e9 - 3600.0) is None
    assert sessions.all(1e9) == ()


def test_an_unknown_token_is_nothing_and_becomes_nothing() -> None:
    sessions = book()
    assert sessions.find("chosen-by-somebody", 0.0) is None
    assert sessions.all(0.0) == ()


def test_sessions_are_ended_one_by_one_or_all() -> None:
    sessions = book()
    for name in "abc":
        sessions.open(f"token-{name}", session(name))
    assert (sessions.end_by_id("a"), sessions.end_by_id("a")) == (True, False)
    assert sessions.end_all(but="b") == 1
    assert [each.session_id for each in sessions.all(1.0)] == ["b"]
    sessions.end("token-b")
    assert sessions.all(1.0) == ()


def test_looking_whether_a_session_is_open_does_not_keep_it_open() -> None:
    sessions = book()
    sessions.open("token", session("a"))
    assert sessions.is_open("a", 59.0)
    assert not sessions.is_open("b", 59.0)
    assert not sessions.is_open("a", 61.0)


def test_there_are_never_too_many() -> None:
    sessions = book()
    for number in range(MOST_SESSIONS + 10):
        sessions.open(f"t{number}", session(f"s{number}", at=float(number) / 100))
    open_now = sessions.all(1.0)
    assert len(open_now) == MOST_SESSIONS
    assert sessions.find("t0", 1.0) is None


def test_a_password_is_fresh_for_five_minutes() -> None:
    one = session("a", at=1000.0)
    assert one.is_fresh(1000.0 + SUDO_SECONDS)
    assert not one.is_fresh(1000.1 + SUDO_SECONDS)
    assert not one.is_fresh(999.0), "a clock that was set back makes nothing fresh"
