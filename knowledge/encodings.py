"""Encodings that a document may name for itself."""

import codecs
import re

# Python knows them as encodings of text, but they are ways to write names and source code: some take time that grows
# with the square of the text.
NOT_OF_DOCUMENTS = frozenset({"punycode", "idna", "unicode-escape", "raw-unicode-escape", "utf-7", "undefined", "mbcs"})
STATED_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_.:-]{2,40})""", re.IGNORECASE)


def is_text_encoding(name: str) -> bool:
    """Tell whether a document may be read in the encoding that it names.

    Raises:
        LookupError: there is no such encoding.
    """
    return codecs.lookup(name).name.replace("_", "-") not in NOT_OF_DOCUMENTS
