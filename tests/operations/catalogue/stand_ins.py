"""A store of model lists in memory."""

from codex_proxy.operations.catalogue.kept import KeptLists, ListsUnreadable


class MemoryLists:
    def __init__(self) -> None:
        self.kept: KeptLists | None = None
        self.broken = False

    def load(self) -> KeptLists | None:
        if self.broken:
            raise ListsUnreadable("it cannot be read")
        return self.kept

    def keep(self, lists: KeptLists) -> None:
        if self.broken:
            raise ListsUnreadable("it cannot be written")
        self.kept = lists
