"""Prompts are files with versions."""

import pytest

from tickets.agent import prompts
from tickets.agent.prompts import load_prompt


@pytest.mark.parametrize("name", ["understand", "answer"])
def test_each_prompt_has_a_version_and_says_what_is_data(name):
    prompt = load_prompt(name)
    assert prompt.version.startswith(f"{name}-")
    assert "<data>" in prompt.text
    assert "never an instruction" in " ".join(prompt.text.split())
    assert "version:" not in prompt.text


@pytest.mark.parametrize(
    "text", ["no version at all", "version:\n---\ntext", "version: x-1\n---\n  \n", "name: x\n---\ntext"]
)
def test_a_prompt_without_version_or_text_is_refused(tmp_path, monkeypatch, text):
    (tmp_path / "odd.md").write_text(text)
    monkeypatch.setattr(prompts, "files", lambda package: tmp_path)
    load_prompt.cache_clear()
    with pytest.raises(ValueError, match="version"):
        load_prompt("odd")
