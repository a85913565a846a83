import pytest

from knowledge.crawling.page import decode_page
from knowledge.encodings import is_text_encoding


@pytest.mark.parametrize("name", ["utf-8", "latin-1", "windows-1252", "shift_jis", "koi8-r", "gb18030"])
def test_what_documents_are_written_in_is_read(name):
    assert is_text_encoding(name)


@pytest.mark.parametrize("name", ["punycode", "idna", "unicode_escape", "raw-unicode-escape", "UTF7"])
def test_ways_to_write_names_and_source_code_are_not(name):
    assert not is_text_encoding(name)


def test_a_page_that_names_such_a_one_is_read_without_it():
    text = "<p>Die Gebühr für größere Aufträge wird später fällig." * 5
    assert decode_page(text.encode("cp1252"), "text/html; charset=punycode") == text
