"""Encodings that a document may name for itself."""

import codecs

# Python knows them as encodings of text, but they are ways to write names and source code: some take time that grows
# with the square of the text.
NOT_OF_DOCUMENTS = frozenset({"punycode", "idna", "unicode-escape", "raw-unicode-escape", "utf-7", "undefined", "mbcs"})


def is_text_encoding(name: str) -> bool:
    """Tell whether a document may be read in the encoding that it names.

    Raises:
        LookupError: there is no such encoding.
    """
    return codecs.lookup(name).name.replace("_", "-") not in NOT_OF_DOCUMENTS
