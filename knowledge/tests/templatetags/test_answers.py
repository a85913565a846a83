from knowledge.services.answers import QuotedSentence
from knowledge.templatetags.answers import quoted
from knowledge.views.help_search import _block_kind


def test_an_entry_keeps_its_lines_and_its_code():
    text = "Run <it>:\n```sh\na\n\n  b <x>\n```\nThen wait.\n- one"
    assert quoted(text) == ("Run &lt;it&gt;:<pre><code>a\n\n  b &lt;x&gt;</code></pre>Then wait.<br>- one")


def test_code_that_is_never_closed_goes_to_the_end():
    assert quoted("```\n<b>") == "<pre><code>&lt;b&gt;</code></pre>"
    assert quoted("````\n```\n````") == "<pre><code>```</code></pre>"


def test_code_by_itself_is_no_part_of_a_paragraph():
    def kind(text, **fields):
        return _block_kind(QuotedSentence(text=text, passage=None, start=0, end=0, **fields))

    assert kind("```\na\n```") == "code"
    assert kind("Run:\n```\na\n```", is_step=True, mark="1.") == "steps"
    assert kind("Text.") == "text"
