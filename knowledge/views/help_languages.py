"""In which language the help center speaks: that of the page, or of the reader where there is a choice."""

from collections.abc import Sequence

from django.utils.translation import get_language_info
from django.utils.translation.trans_real import parse_accept_lang_header

# The languages that our own words exist in (knowledge/locale); in all others they are English.
SPOKEN = ("en", "de", "es", "fr", "nl", "pt")


def spoken(code: str) -> str:
    """Give the language of our own words beside a text in some language: `de` for `de-AT`, English where it has none."""
    main = code.lower().replace("_", "-").partition("-")[0]
    return main if main in SPOKEN else SPOKEN[0]


def wanted_by(accept: str, offered: Sequence[str]) -> str:
    """Choose among languages by an Accept-Language header; empty when it names none of them."""
    for code, _weight in parse_accept_lang_header(accept):
        for choice in offered:
            if code in (choice.lower(), choice.lower().partition("-")[0]):
                return choice
        main = code.partition("-")[0]
        near = [choice for choice in offered if choice.lower().partition("-")[0] == main]
        if near:
            return near[0]
    return ""


def language_name(code: str) -> str:
    """Give a language's own name, or its code where Django knows none."""
    try:
        return str(get_language_info(code)["name_local"]).capitalize()
    except KeyError:
        return code


def direction(code: str) -> str:
    """Tell in which direction a language is written: `rtl` or `ltr`."""
    try:
        return "rtl" if get_language_info(code)["bidi"] else "ltr"
    except KeyError:
        return "ltr"
