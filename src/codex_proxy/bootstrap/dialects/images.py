"""Routes of pictures: the two endpoints that make them, and the place where links find them.

Rules of this file: objects are made here, rules are elsewhere.
"""

from dataclasses import replace

from codex_proxy.gateway.copies import Copies
from codex_proxy.gateway.ports import PictureStore
from codex_proxy.protocols.openai_images.schema import Task
from codex_proxy.protocols.openai_images.server import ImagesServer
from codex_proxy.server.api.inference import FailureEncoder, InferenceEndpoint, InferenceParts
from codex_proxy.server.app import Route
from codex_proxy.server.images.forms import JsonOrForm
from codex_proxy.server.images.kept import PREFIX, KeptPictureEndpoint


class ImageRoutes:
    """The routes, laid over those of a table."""

    def __init__(self, *, inference: InferenceParts, pictures: PictureStore) -> None:
        self._inference = replace(inference, gateway=Copies(inference.gateway))
        kept = KeptPictureEndpoint(pictures, FailureEncoder(ImagesServer(Task.GENERATE)))
        self._kept = Route(by_method={"GET": kept, "POST": kept})

    def exact(self, routes: dict[str, Route]) -> dict[str, Route]:
        """Routes of whole paths."""
        return routes | {
            f"{PREFIX}generations": self._making(Task.GENERATE),
            f"{PREFIX}edits": self._making(Task.EDIT),
            PREFIX.rstrip("/"): self._kept,
        }

    def prefixes(self, routes: dict[str, Route]) -> dict[str, Route]:
        """Routes of everything below a path; what is no picture is not there, whoever asks."""
        return routes | {PREFIX: self._kept}

    def _making(self, task: Task) -> Route:
        return Route(by_method={"POST": InferenceEndpoint(JsonOrForm(ImagesServer(task)), self._inference)})
