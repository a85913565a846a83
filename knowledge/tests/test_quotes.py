import pytest

from knowledge.quotes import is_told, tells_steps, units_of

BODY = """Intro one. Intro two:

1. Open **Team**.
   - pick a role
   - and save
2. Choose *Invite*.

## Limits

| Plan | Price |
|---|---|
| Free | $0 |

- A bullet [here](https://a.example).

```
code()
```
"""


def test_units_are_what_a_reader_sees_without_marks_and_headings():
    assert [(unit.kind, unit.text) for unit in units_of(BODY)] == [
        ("sentence", "Intro one."),
        ("sentence", "Intro two:"),
        ("step", "Open Team.\n- pick a role\n- and save"),
        ("step", "Choose Invite."),
        ("row", "Plan | Price"),
        ("row", "Free | $0"),
        ("bullet", "A bullet here."),
        ("code", "```\ncode()\n```"),
    ]


def test_every_unit_stands_at_its_place():
    for unit in units_of(BODY):
        first_word = unit.text.split()[0].strip(":.")
        assert first_word in BODY[unit.start : unit.end]


def test_units_know_what_they_are_about():
    units = units_of(BODY)
    assert units[1].leads_in
    assert units[2].about == "Intro two"
    assert units[5].meaning == "Plan, Price: Free | $0"
    assert units[6].about == "Limits"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Open the page.", True),
        ("In Settings, choose Export.", True),
        ("If you use Slack, open it.", True),
        ("The customer is verified.", False),
        ("Your account must be open.", False),
        ("", False),
    ],
)
def test_instructions_begin_with_what_to_do(text, told):
    assert is_told(text) is told


def test_a_list_of_conditions_tells_no_steps():
    assert tells_steps(units_of("1. Open it.\n2. Save it.\n"))
    assert not tells_steps(units_of("1. The customer is verified.\n2. The account is open.\n"))
    assert not tells_steps(units_of("Just text."))


CODE = """1. Run this:

   ```bash
   npm i \\
     foo
   ```

   Then wait
   a bit.
2. ~~~
   x
     y
   ~~~
3. Unclosed:
   ```
   z

> Quoted text
> goes on.

    indented
      code
"""


def test_code_inside_an_entry_keeps_its_lines_between_fences():
    assert [unit.text for unit in units_of(CODE)] == [
        "Run this:\n```bash\nnpm i \\\n  foo\n```\nThen wait a bit.",
        "```\nx\n  y\n```",
        "Unclosed:\n```\nz\n```",
        "Quoted text goes on.",
        "```\nindented\n  code\n```",
    ]


def test_code_is_read_without_its_fences_and_stands_at_its_place():
    first, second, *_others = units_of(CODE)
    assert first.meaning == "Run this:\nnpm i \\\n  foo\nThen wait a bit."
    assert CODE[first.start : first.end].endswith("a bit.")
    assert CODE[second.start : second.end].startswith("~~~")


def test_code_that_holds_a_fence_gets_a_longer_one():
    [unit] = units_of("~~~~\n```\nx\n```\n~~~~\n")
    assert unit.text == "````\n```\nx\n```\n````"


@pytest.mark.parametrize("body", ["", "# Only a heading", "---", "\n"])
def test_a_passage_without_sentences_has_no_units(body):
    assert [unit for unit in units_of(body) if unit.kind != "sentence"] == []
