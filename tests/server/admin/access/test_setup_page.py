"""The page of a setup link."""

from tests.server.admin.access.doors import ELSEWHERE, Doors


async def test_the_page_works_under_its_own_policy() -> None:
    async with Doors().browser(client=ELSEWHERE) as http:
        page = await http.get("/auth/setup")
        script, style = await http.get("/auth/setup/setup.js"), await http.get("/auth/setup/setup.css")
        assert (await http.get("/auth/setup/secret.key")).status_code == 404
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert page.headers["content-type"].startswith("text/html")
    assert 'src="/auth/setup/setup.js"' in page.text
    assert page.text.count("<script") == page.text.count("<script src=") == 1
    assert all(word not in page.text for word in ("<style", " style=", " onclick", "http:", "https:"))
    assert script.headers["content-type"].startswith("text/javascript")
    assert style.headers["content-type"].startswith("text/css")
    assert "window.location.hash" in script.text
