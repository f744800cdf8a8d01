"""Pictures, files and sound as parts for a vendor."""

from typing import assert_never

from codex_proxy.canonical.blocks import Audio, DataSource, File, FileIdSource, Image, JsonObject, UrlSource
from codex_proxy.protocols.base import Unsupported


def media_part(block: Image | File | Audio, path: str, *, named: bool = False) -> JsonObject:
    """``inlineData`` or ``fileData``; ``named`` names inline files, which not every server of the dialect takes.

    Raises:
        Unsupported: a file that was uploaded elsewhere.
    """
    if isinstance(block, Audio):
        return {"inlineData": {"mimeType": f"audio/{block.encoding}", "data": block.data}}
    name = block.filename if isinstance(block, File) else None
    source = block.source
    match source:
        case DataSource():
            default = "image/png" if isinstance(block, Image) else "application/octet-stream"
            told = {"displayName": name} if name and named else {}
            return {"inlineData": {"mimeType": source.media_type or default, "data": source.data} | told}
        case UrlSource():
            return {"fileData": {"fileUri": source.url} | ({"displayName": name} if name else {})}
        case FileIdSource():
            if ":" not in source.file_id and not source.file_id.startswith("files/"):
                raise Unsupported(path, "an uploaded file is unknown to the vendor")
            return {"fileData": {"fileUri": source.file_id}}
        case _:
            assert_never(source)
