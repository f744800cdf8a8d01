"""Media for a vendor."""

import pytest

from codex_proxy.canonical.blocks import Audio, DataSource, File, FileIdSource, Image, JsonObject, UrlSource
from codex_proxy.protocols.base import Unsupported
from codex_proxy.protocols.gemini.building.media import media_part


@pytest.mark.parametrize(
    ("block", "part"),
    [
        (Image(source=DataSource(media_type="", data="d")), {"inlineData": {"mimeType": "image/png", "data": "d"}}),
        (
            File(source=DataSource(media_type="application/pdf", data="d")),
            {"inlineData": {"mimeType": "application/pdf", "data": "d"}},
        ),
        (Image(source=UrlSource(url="https://u")), {"fileData": {"fileUri": "https://u"}}),
        (
            File(source=UrlSource(url="https://u"), filename="a.pdf"),
            {"fileData": {"fileUri": "https://u", "displayName": "a.pdf"}},
        ),
        (File(source=FileIdSource(file_id="gs://b/a")), {"fileData": {"fileUri": "gs://b/a"}}),
        (File(source=FileIdSource(file_id="files/a")), {"fileData": {"fileUri": "files/a"}}),
        (Audio(data="d", encoding="mp3"), {"inlineData": {"mimeType": "audio/mp3", "data": "d"}}),
    ],
)
def test_parts(block: Image | File | Audio, part: JsonObject) -> None:
    assert media_part(block, "p") == part


def test_an_upload_of_another_vendor_is_refused_by_name() -> None:
    with pytest.raises(Unsupported) as refused:
        media_part(File(source=FileIdSource(file_id="file-abc")), "contents[0].parts[0]")
    assert refused.value.path == "contents[0].parts[0]"
