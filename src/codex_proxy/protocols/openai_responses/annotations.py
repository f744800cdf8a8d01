"""Citations of the Responses dialect, both ways; members without a field are kept."""

from codex_proxy.canonical.blocks import Annotation, JsonObject


def read_annotation(members: JsonObject) -> Annotation:
    """An annotation object as a value; unknown members are kept."""
    known = {"type", "url", "title", "start_index", "end_index"}

    def text(name: str) -> str | None:
        value = members.get(name)
        return value if isinstance(value, str) else None

    def index(name: str) -> int | None:
        value = members.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    return Annotation(
        kind=text("type") or "unknown",
        url=text("url"),
        title=text("title"),
        start_index=index("start_index"),
        end_index=index("end_index"),
        extra={name: value for name, value in members.items() if name not in known},
    )


def build_annotation(annotation: Annotation) -> JsonObject:
    """The same as an object."""
    named = {
        "type": annotation.kind,
        "url": annotation.url,
        "title": annotation.title,
        "start_index": annotation.start_index,
        "end_index": annotation.end_index,
    }
    return {name: value for name, value in named.items() if value is not None} | annotation.extra
