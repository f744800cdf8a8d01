"""A resolver that says what it was told to say."""

from collections.abc import Sequence


class Names:
    """A resolver; each answer is given once, the last one for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, name: str, port: int) -> Sequence[str]:
        self.asked.append((name, port))
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
