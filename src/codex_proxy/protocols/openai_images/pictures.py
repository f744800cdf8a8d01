"""Pictures that an edit begins from: uploaded, inline or at an address.

Rules of this file: pure; what the bytes are decides, not what a client calls them; files that an earlier upload left
at OpenAI are out of reach.
"""

import base64
import re
from typing import Any, Final

from codex_proxy.canonical.blocks import DataSource, Image, UrlSource
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.parts.fields import Fields
from codex_proxy.protocols.parts.media import sniff, sniff_bytes, split_data_url

MOST_PICTURES: Final = 16

_BASE64: Final = re.compile(r"[A-Za-z0-9+/]{16}")
_NO_PICTURE: Final = "is no picture; PNG, JPEG, WEBP and GIF are read"


def parse_pictures(body: Fields) -> tuple[Image, ...]:
    """The pictures of a JSON body, in ``image`` or ``images``: one or a list, as addresses, data or objects of these.

    Raises:
        InvalidRequest: none, too many, or something that is no picture.
    """
    told = {name: value for name in ("image", "images") if (value := body.take(name)) is not None}
    name = "images" if "images" in told else "image"
    listed = [picture for value in told.values() for picture in (value if isinstance(value, list) else [value])]
    check_count(len(listed), body.at(name))
    return tuple(
        parse_picture(picture, f"{body.at(name)}[{place}]" if len(listed) > 1 else body.at(name))
        for place, picture in enumerate(listed)
    )


def check_count(count: int, path: str) -> None:
    """Refuse an edit of no picture, and of more than the upstream takes; raises ``InvalidRequest``."""
    if count == 0:
        raise InvalidRequest(path, "is required")
    if count > MOST_PICTURES:
        raise InvalidRequest(path, f"at most {MOST_PICTURES} pictures can be given", code="invalid_value")


def parse_picture(value: Any, path: str) -> Image:
    """One picture of a JSON body; raises like ``parse_pictures``."""
    if isinstance(value, dict):
        return _parse_object(Fields(value, path))
    if not isinstance(value, str):
        raise InvalidRequest(path, "expected a URL, a data URL or an object with one", code="invalid_type")
    if value.startswith(("http://", "https://")):
        return Image(source=UrlSource(url=value))
    inline = split_data_url(value)
    data = inline[1] if inline is not None else value
    media_type = sniff(data) if _BASE64.match(data) else None
    if media_type is None or not media_type.startswith("image/"):
        raise InvalidRequest(path, _NO_PICTURE, code="invalid_image")
    return Image(source=DataSource(media_type=media_type, data=data))


def uploaded_picture(content: bytes, path: str) -> Image:
    """One picture of a form; raises like ``parse_pictures``."""
    media_type = sniff_bytes(content)
    if media_type is None or not media_type.startswith("image/"):
        raise InvalidRequest(path, _NO_PICTURE, code="invalid_image")
    return Image(source=DataSource(media_type=media_type, data=base64.b64encode(content).decode()))


def _parse_object(fields: Fields) -> Image:
    if fields.has("file_id"):
        raise InvalidRequest(
            fields.at("file_id"), "uploaded files are not kept here", code="unsupported_file_reference"
        )
    for name in ("image_url", "url", "b64_json"):
        value = fields.take(name)
        if isinstance(value, dict):  # the chat spelling
            value = value.get("url")
        if value is not None:
            return parse_picture(value if isinstance(value, str) else None, fields.at(name))
    raise InvalidRequest(fields.at("image_url"), "is required")
