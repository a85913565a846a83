"""Prompts as files, each with a version that a run stores; see `load_prompt`."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Prompt:
    """A system prompt and the version that the journal names."""

    version: str
    text: str


@cache
def load_prompt(name: str) -> Prompt:
    """Read `{name}.md`: a line `version: …`, a line of dashes, the text.

    Raises:
        ValueError: the file has no version.
    """
    whole = (files("tickets.agent.prompts") / f"{name}.md").read_text(encoding="utf-8")
    head, _, text = whole.partition("\n---\n")
    label, _, version = head.partition(":")
    if label.strip() != "version" or not version.strip() or not text.strip():
        raise ValueError(f"prompt {name} has no version line")
    return Prompt(version=version.strip(), text=text.strip())
