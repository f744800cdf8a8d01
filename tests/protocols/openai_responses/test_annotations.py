"""Citations."""

from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.protocols.openai_responses.annotations import build_annotation, read_annotation

CITATION = {
    "type": "url_citation", "url": "https://example.com", "title": "Example", "start_index": 0, "end_index": 5,
}  # fmt: skip


def test_a_citation_is_read_and_written_back_with_members_we_do_not_know() -> None:
    whole = CITATION | {"page": 7}
    annotation = read_annotation(whole)
    assert (annotation.kind, annotation.url, annotation.end_index) == ("url_citation", "https://example.com", 5)
    assert annotation.extra == {"page": 7}
    assert build_annotation(annotation) == whole


@given(
    st.dictionaries(st.sampled_from(sorted(CITATION)), st.none() | st.booleans() | st.integers() | st.text(max_size=3))
)
def test_members_of_the_wrong_type_count_as_absent(members: dict[str, object]) -> None:
    annotation = read_annotation(members)
    assert isinstance(annotation.kind, str)
    assert annotation.start_index is None or type(annotation.start_index) is int
