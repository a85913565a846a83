"""The help center's own words in other languages: what there is to say, and whether every catalogue says it.

Catalogues are `knowledge/locale/<language>/LC_MESSAGES/django.po`; the compiled `.mo` stands beside each and is committed,
since neither gettext's tools nor polib need be where the product is installed. `manage.py translations` makes them.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation.template import templatize

LOCALE = Path(__file__).parent / "locale"
STRING = r"""u?(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""
# What Django makes of a template's tags, so that tools for Python can read them.
TEMPLATE_CALL = re.compile(rf"\b(n?p?gettext)\(((?:{STRING}(?:,\s*)?)+)")
HOLDER = re.compile(r"%\(\w+\)s")
PYTHON_CALLS = {"_": "gettext", "gettext": "gettext", "ngettext": "ngettext", "pgettext": "pgettext"}


@dataclass(frozen=True, slots=True, order=True)
class Words:
    """One text of ours; `plural` and `context` are empty where it has none."""

    text: str
    plural: str = ""
    context: str = ""


def words() -> set[Words]:
    """Give every text that the help center's templates and views say."""
    folder = Path(__file__).parent.parent / "templates" / "knowledge"
    # What only staff see is English.
    pages = [page for page in folder.rglob("*.html") if "admin" not in page.parts and "preview" not in page.name]
    views = (Path(__file__).parent / "views").glob("*.py")
    found = [_words_of_template(page.read_text(encoding="utf-8")) for page in pages]
    found += [_words_of_python(view.read_text(encoding="utf-8")) for view in views]
    return {each for some in found for each in some}


def _words_of_template(source: str) -> Iterator[Words]:
    for call in TEMPLATE_CALL.finditer(templatize(source)):
        yield _words(call.group(1), [ast.literal_eval(text) for text in re.findall(STRING, call.group(2))])


def _words_of_python(source: str) -> Iterator[Words]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in PYTHON_CALLS:
            said = [str(each.value) for each in node.args if isinstance(each, ast.Constant)]
            if said:
                yield _words(PYTHON_CALLS[node.func.id], said)


def _words(function: str, said: list[str]) -> Words:
    context = said.pop(0) if "pg" in function else ""
    return Words(said[0], said[1] if function.startswith("n") else "", context)


def bring_up_to_date() -> dict[str, list[str]]:
    """Add what is new to each catalogue, take out what is said no more, compile; give what waits for a translator."""
    return {path.parts[-3]: _update(path) for path in sorted(LOCALE.glob("*/LC_MESSAGES/django.po"))}


def problems() -> list[str]:
    """Say what is wrong with the catalogues: missing, superfluous or half translated texts, and what is not compiled."""
    paths = sorted(LOCALE.glob("*/LC_MESSAGES/django.po"))
    return [f"{path.parts[-3]}: {problem}" for path in paths for problem in _problems(path)]


def _problems(path: Path) -> Iterator[str]:
    import polib

    catalogue, wanted = polib.pofile(str(path)), words()
    known = {_key(entry) for entry in catalogue}
    for missing in sorted(wanted - known):
        yield f"“{missing.text}” is missing. Run manage.py translations and translate it."
    for old in sorted(known - wanted):
        yield f"“{old.text}” is said nowhere. Run manage.py translations."
    for entry in catalogue:
        said = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
        if entry.fuzzy or not all(said):
            yield f"“{entry.msgid}” is not translated."
        elif any(set(HOLDER.findall(text)) - set(HOLDER.findall(entry.msgid)) for text in said):
            yield f"“{entry.msgid}” is translated with a value that it does not have."
    compiled = path.with_suffix(".mo")
    if not compiled.exists() or _texts(polib.mofile(str(compiled))) != _texts(catalogue):
        yield "the .mo file is not what the .po file says. Run manage.py translations."


def _update(path: Path) -> list[str]:
    import polib

    catalogue, wanted = polib.pofile(str(path), wrapwidth=0), words()
    known = {_key(entry): entry for entry in catalogue}
    catalogue.clear()
    for each in sorted(wanted):
        catalogue.append(known.get(each) or _new_entry(each, catalogue))
    catalogue.save(str(path))
    catalogue.save_as_mofile(str(path.with_suffix(".mo")))
    return [entry.msgid for entry in catalogue.untranslated_entries() + catalogue.fuzzy_entries()]


def _new_entry(each: Words, catalogue: Any) -> Any:
    import polib

    forms = int(re.findall(r"nplurals=(\d+)", catalogue.metadata["Plural-Forms"])[0])
    plural = {"msgid_plural": each.plural, "msgstr_plural": dict.fromkeys(range(forms), "")} if each.plural else {}
    return polib.POEntry(msgid=each.text, msgctxt=each.context or None, **plural)


def _key(entry: Any) -> Words:
    return Words(entry.msgid, entry.msgid_plural or "", entry.msgctxt or "")


def _texts(catalogue: Any) -> dict[Words, Any]:
    # gettext compiles what is translated only.
    texts = ((_key(entry), entry.msgstr_plural or entry.msgstr) for entry in catalogue)
    return {key: said for key, said in texts if said and said != {0: "", 1: ""}}
