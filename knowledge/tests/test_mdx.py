import time

import pytest

from knowledge.mdx import plain_markdown


def page(text):
    return plain_markdown(text).strip()


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ('<Callout type="warning">\n\tIt deletes all.\n</Callout>', "**Warning:** It deletes all."),
        ("<Note>\n\n- a\n- b\n\n</Note>", "**Note:**\n\n- a\n- b"),
        ("<TierCallout>Supported on Enterprise.</TierCallout>", "**Tier:** Supported on Enterprise."),
        (":::tip\nText *here*.\n:::", "**Tip:** Text *here*."),
        (":::note[Be careful]\nText.\n:::", "**Be careful:** Text."),
        (":::note Be careful\nText.\n:::", "**Be careful:** Text."),
        ("> [!WARNING]\n> It deletes\n> all.", "**Warning:** It deletes\nall."),
        ('!!! note "Mind"\n    Text.\n\n    More.\n\nAfter.', "**Mind:** Text.\n\nMore.\n\nAfter."),
        ("::::warning\nOuter\n:::info\nInner\n:::\n::::", "**Warning:** Outer\n\n**Info:** Inner"),
    ],
)
def test_a_call_out_of_any_kind_is_a_paragraph_with_its_label(given, written):
    assert page(given) == written


def test_tabs_before_a_heading_have_headings_that_hold_those_inside():
    text = '## Set up\n\n<Tabs>\n  <Tab title="Mac">\n\n## First\n\nDo A.\n\n  </Tab>\n</Tabs>\n\n## Next\n\nText.'
    assert page(text) == "## Set up\n\n### Mac\n\n#### First\n\nDo A.\n\n## Next\n\nText."


def test_tabs_with_text_after_them_have_labels_so_that_no_heading_claims_that_text():
    text = '<Tabs><Tab title="Mac">Do A.</Tab>\n<Tab title="Windows">Do B.</Tab></Tabs>\n\nThen sign in.'
    assert page(text) == "**Mac:** Do A.\n\n**Windows:** Do B.\n\nThen sign in."


def test_steps_are_a_numbered_list_with_their_code_inside():
    text = (
        "<Steps>\n  <Step title='Install'>\n    Run this:\n\n    ```bash\n    npm i \\\n      foo\n    ```\n  </Step>\n"
        "  <Step title='Start'>Press <kbd>Enter</kbd>.</Step>\n</Steps>"
    )
    assert page(text) == (
        "1. **Install:** Run this:\n\n   ```bash\n   npm i \\\n     foo\n   ```\n2. **Start:** Press `Enter`."
    )


def test_steps_written_as_headings_are_a_numbered_list_too():
    text = "<Steps>\n\n### Install it\n\none\n\n### Run it\n\ntwo\n\n</Steps>"
    assert page(text) == "1. **Install it**\n\n   one\n2. **Run it**\n\n   two"


def test_a_call_out_inside_a_list_entry_stays_in_it():
    assert page("1. First\n\n   <Note>Inside.</Note>\n\n2. Second") == "1. First\n\n   **Note:** Inside.\n\n2. Second"


def test_cards_are_links_with_their_description():
    text = '<CardGroup cols={2}>\n<Card title="Export" href="/export" icon={<Icon x="1" />}>\n  As CSV.\n</Card>\n'
    assert page(text + "</CardGroup>") == "- [Export](/export): As CSV."
    assert page('<QuickLink\n\ttitle="A"\n\tdescription="B"\n/>') == "- A: B"


def test_folds_keep_what_they_are_called():
    text = "<details>\n<summary>How <b>much</b>?</summary>\n\nIt costs $5.\n\n</details>\n\nMore."
    assert page(text) == "**How much?** It costs $5.\n\nMore."


def test_imports_exports_comments_and_expressions_go():
    text = (
        'import X from "./x"\nimport {\n  A,\n  B\n} from "y"\n\nexport const meta = {\n  a: 1,\n}\n\n# Title {#top}\n\n'
        '{/* a\ncomment */}\n\nText{" "}\nmore. <!-- gone -->\n\n{frontmatter.title}\n\n'
        "{items.map((i) => (\n  <li key={i}>{i}</li>\n))}\n\nEnd."
    )
    assert page(text).split() == ["#", "Title", "Text", "more.", "End."]


@pytest.mark.parametrize(
    "text",
    [
        "Use <your-token> and <YOUR_KEY>, if a < b, a <b and c> d, and x <> y.",
        "List<String> and Map<K, V>, written to <me@example.com>.",
        "Run `<Callout>` and `{/* x */}` and ``a ` <Note>x</Note>``.",
        "```jsx\nimport a from 'b'\n<Callout>{/* c */}</Callout>\n:::note\n```",
        "~~~\n> [!NOTE]\n<b>bold</b>\n```\n{x.map(y => z)}\n~~~",
        "A set {1, 2}, a path /users/{id}, and {{ .Host }}.",
        "export SRC=1 sets it.\n\nimport your data from a file.",
        "::: is three colons",
        "> A quotation\n> of two lines.",
        "    indented <Thing> code",
    ],
)
def test_code_and_what_only_looks_like_markup_stays_as_it_is(text):
    assert page(text) == text.strip()


@pytest.mark.parametrize(
    "text",
    [
        "<Callout>one two",
        "one two</Callout>",
        "<Tabs><Tab title='x'>one two</Tabs>",
        "<Callout type={a one={two",
        ":::note\none two",
        "<Steps><Step>one two</Steps></Step>",
        "{/* one two",
        "```\n<Note>one two",
        "<details><summary>one</details> two",
        "<b>one <i>two</b></i>",
    ],
)
def test_broken_markup_loses_no_word(text):
    words = page(text)
    assert "one" in words
    assert "two" in words


def test_html_in_markdown_is_read_as_html():
    text = "<table><tr><th>Plan</th><th>Price</th></tr><tr><td>Free</td><td>$0</td></tr></table>"
    assert page(text) == "| Plan | Price |\n| --- | --- |\n| Free | $0 |"
    assert page('See <a href="/x">the <b>page</b></a>.<br/>Then go.') == "See [the **page**](/x). Then go."


PIECES = ["<A a={", "<b>", "{/*", "<!--", "`a ``b ", ":::note\n", "> [!NOTE]\n", "<A b='"]
PROGRAMS = ["import {\n", "export {\n", "{a =>\n", "export const a = {\n"]


def seconds(text):
    """Give the least time of a few runs: the machine has other work."""
    spent = []
    for _run in range(3):
        began = time.process_time()
        plain_markdown(text)
        spent.append(time.process_time() - began)
    return min(spent)


@pytest.mark.parametrize(
    "piece", [*PIECES, *PROGRAMS, ("<>", "</>"), ("<Steps>\n", "### h\n```\nx\n```\n", "</Steps>")]
)
def test_a_text_made_to_be_slow_is_read_in_a_time_that_grows_with_its_length(piece):
    def text(length):
        if isinstance(piece, str):
            return piece * (length // len(piece))
        if len(piece) == 3:
            return piece[0] + piece[1] * (length // len(piece[1])) + piece[2]
        return "".join(part * (length // len(part) // 2) for part in piece)

    half, whole = seconds(text(60_000)), seconds(text(120_000))
    assert whole < 3 * half + 0.05
    assert whole < 5
