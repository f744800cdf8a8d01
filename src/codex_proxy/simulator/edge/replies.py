"""What the edge says: a browser challenge, a refused region, a blocked path.

Rules of this file: pure.  Source: the challenge as captured with Codex CLI 0.169; the region's body and the empty 404
as quoted in public reports.
"""

from typing import Final

from codex_proxy.protocols.base import WireReply
from codex_proxy.protocols.parts.json_text import encode
from codex_proxy.simulator.sections.edge import EdgeAnswer

REGION_CODE: Final = "unsupported_country_region_territory"

_PAGE: Final = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>challenge</body></html>"
_REGION: Final = {
    "error": {
        "code": REGION_CODE,
        "message": "Country, region, or territory not supported",
        "param": None,
        "type": "request_forbidden",
    }
}

EDGE_REPLIES: Final[dict[EdgeAnswer, WireReply]] = {
    EdgeAnswer.CHALLENGE: WireReply(
        status=403,
        body=_PAGE,
        headers=(
            ("content-type", "text/html; charset=UTF-8"),
            ("cf-mitigated", "challenge"),
            ("server", "cloudflare"),
            ("cf-ray", "simulated"),
            ("set-cookie", "__cf_bm=challenged; path=/; max-age=1800; HttpOnly"),
            ("set-cookie", "cf_chl_rc_m=1; path=/; max-age=3600"),
        ),
    ),
    EdgeAnswer.REGION: WireReply(status=403, body=encode(_REGION)),
    EdgeAnswer.PATH_BLOCK: WireReply(status=404, body=b"", headers=(("server", "cloudflare"), ("cf-ray", "simulated"))),
}
