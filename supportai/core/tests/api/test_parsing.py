"""Bodies: JSON that every database can store, and nothing else."""

import io
import json

import pytest
from rest_framework.exceptions import ParseError

from supportai.core.api.parsing import BodyTooLargeError, StrictJSONParser, is_unstorable


def parse(raw: bytes | str):
    return StrictJSONParser().parse(io.BytesIO(raw.encode() if isinstance(raw, str) else raw))


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ('{"a": [1, 2.5, null, true, "x"]}', {"a": [1, 2.5, None, True, "x"]}),
        ('{"text": "Grüße \\u00e9 \\ud83d\\ude00"}', {"text": "Grüße é 😀"}),
        ('"a \\\\u0000 that is only written"', "a \\u0000 that is only written"),
    ],
)
def test_json_is_read(raw, expected):
    assert parse(raw) == expected


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "{",
        "{'a': 1}",
        "[1,]",
        '{"a": NaN}',
        '{"a": -Infinity}',
        '{"a": 1e400}',
        b'{"a": "\xff"}',
        b"\xff\xfe{\x00}\x00",
        b"\xef\xbb\xbf{}",
        '{"a": "raw \x00 nul"}',
        "1" * 5000,
        "[" * 100_000 + "]" * 100_000,
        '{"a":' * 100_000,
    ],
    ids=lambda raw: repr(raw)[:20],
)
def test_what_is_no_json_is_refused(raw):
    with pytest.raises(ParseError):
        parse(raw)


@pytest.mark.parametrize(
    "document",
    ["\x00", {"a": "b\x00"}, {"a\x00": 1}, [[["\ud800"]]], {"a": {"b": ["ok", "\udfff tail"]}}],
    ids=ascii,
)
def test_texts_that_no_database_stores_are_refused(document):
    with pytest.raises(ParseError, match="NUL"):
        parse(json.dumps(document))
    assert is_unstorable(document)


def test_whole_surrogate_pairs_and_deep_documents_are_fine():
    document: list = ["😀"]
    for _ in range(500):
        document = [document]
    assert parse(json.dumps(document)) == document
    assert not is_unstorable(document)


def test_a_body_that_is_too_large_is_refused_without_reading_it_all(settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    stream = io.BytesIO(b'"' + b"x" * 10_000 + b'"')
    with pytest.raises(BodyTooLargeError) as caught:
        StrictJSONParser().parse(stream)
    assert caught.value.status_code == 413
    assert stream.tell() <= 101


def test_a_body_of_exactly_the_limit_is_read(settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    assert parse(b'"' + b"x" * 98 + b'"') == "x" * 98
