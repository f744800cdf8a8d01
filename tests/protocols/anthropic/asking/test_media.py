import base64

import pytest

from codex_proxy.canonical.blocks import DataSource, File, FileIdSource, Image, MediaSource, UrlSource
from codex_proxy.protocols.anthropic.asking.media import document_block, image_block
from codex_proxy.protocols.base import Unsupported

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()
PDF = base64.b64encode(b"%PDF-1.7").decode()


def data(media_type: str, content: str = "aGk=") -> DataSource:
    return DataSource(media_type=media_type, data=content)


@pytest.mark.parametrize(
    "source", [data("image/jpeg", PNG), UrlSource(url=f"data:image/jpeg;base64,{PNG}")], ids=["data", "data URL"]
)
def test_pictures_inline_have_the_type_of_their_bytes(source: MediaSource) -> None:
    told = {"type": "base64", "media_type": "image/png", "data": PNG}
    assert image_block(Image(source=source), "p") == {"type": "image", "source": told}


def test_linked_pictures_stay_links() -> None:
    told = image_block(Image(source=UrlSource(url="https://a.example/x.png")), "p")
    assert told == {"type": "image", "source": {"type": "url", "url": "https://a.example/x.png"}}


def test_documents() -> None:
    pdf = document_block(File(source=data("application/octet-stream", PDF), filename="a.pdf"), "p")
    assert pdf["source"]["media_type"] == "application/pdf"
    assert pdf["title"] == "a.pdf"
    text = document_block(File(source=data("application/json")), "p")
    assert text == {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "hi"}}
    linked = document_block(File(source=UrlSource(url="https://a.example/x.pdf")), "p")
    assert linked["source"] == {"type": "url", "url": "https://a.example/x.pdf"}


def test_what_cannot_be_read_is_refused_by_name() -> None:
    with pytest.raises(Unsupported, match=r"p: the vendor reads no pictures of type 'image/tiff'"):
        image_block(Image(source=data("image/tiff")), "p")
    with pytest.raises(Unsupported, match="no files of type 'application/zip'"):
        document_block(File(source=data("application/zip")), "p")
    with pytest.raises(Unsupported, match="no files of type 'text/plain'"):
        document_block(File(source=data("text/plain", "/w==")), "p")
    with pytest.raises(Unsupported, match="uploaded"):
        image_block(Image(source=FileIdSource(file_id="f")), "p")
