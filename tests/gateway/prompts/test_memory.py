"""What counted prompts tell of the next ones."""

from codex_proxy.gateway.prompts.memory import PromptMemory

MINE, OTHER_KEY, OTHER_TALK = ("key", "talk"), ("other", "talk"), ("key", "other")


def test_a_conversation_goes_on_from_its_last_count() -> None:
    memory = PromptMemory()
    assert memory.expected(MINE, 100, now=0) == 100
    memory.keep(MINE, 100, 130, now=0)
    assert memory.expected(MINE, 140, now=1) == 170
    memory.keep(MINE, 140, 165, now=1)
    assert memory.expected(MINE, 140, now=2) == 165


def test_what_is_smaller_than_before_goes_by_its_size() -> None:
    memory = PromptMemory()
    memory.keep(MINE, 100, 130, now=0)
    assert memory.expected(MINE, 99, now=1) == 99


def test_nothing_crosses_keys_or_conversations() -> None:
    memory = PromptMemory()
    memory.keep(MINE, 100, 130, now=0)
    assert [memory.expected(other, 100, now=1) for other in (OTHER_KEY, OTHER_TALK)] == [100, 100]


def test_the_conversation_that_was_counted_longest_ago_goes_first() -> None:
    memory = PromptMemory(limit=2)
    memory.keep(MINE, 1, 10, now=0)
    memory.keep(OTHER_KEY, 1, 20, now=1)
    memory.keep(MINE, 1, 30, now=2)
    memory.keep(OTHER_TALK, 1, 40, now=3)
    assert [memory.expected(key, 1, now=4) for key in (MINE, OTHER_KEY, OTHER_TALK)] == [30, 1, 40]


def test_a_count_is_forgotten_in_time() -> None:
    memory = PromptMemory(keep_seconds=60)
    memory.keep(MINE, 1, 10, now=0)
    assert memory.expected(MINE, 1, now=60) == 10
    assert memory.expected(MINE, 1, now=61) == 1
    memory.keep(OTHER_KEY, 1, 20, now=61)
    assert len(memory) == 1
