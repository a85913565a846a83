import pytest

from knowledge.documents import ImportedDocument, ImportFailure
from knowledge.readers import read_named


@pytest.fixture
def read(tmp_path):
    def read(content, name="faq.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return list(read_named(path, name))

    return read


@pytest.mark.parametrize(
    "content",
    [
        "question,answer\nHow do I export?,Open Reports.\n",
        '"Question";"Answer"\n"How do I export?";"Open Reports."\n',
        "Frage\tAntwort\nHow do I export?\tOpen Reports.\n",
        "id|Q|A\n|How do I export?|Open Reports.\n",
        "Title,Category,Body\nHow do I export?,,Open Reports.\n",
        "\n\nRéponse,Question\r\nOpen Reports.,How do I export?\r\n",
    ],
)
def test_questions_and_answers_are_found_under_their_usual_names(read, content):
    [document] = read(content)
    assert (document.title, document.body) == ("How do I export?", "Open Reports.")
    assert document.external_id == "faq.csv#how-do-i-export"


def test_quoted_cells_hold_line_breaks_and_delimiters(read):
    [document] = read('question,answer\n"Export, how?","1. Open\n2. Choose ""CSV"""\n')
    assert document.title == "Export, how?"
    assert document.body == '1. Open\n2. Choose "CSV"'


def test_ids_sections_and_languages_are_taken_over_and_html_becomes_markdown(read):
    [document] = read("id,question,answer,section,lang\n7,Export?,<p>Open <b>Reports</b>.</p>,Data,de\n")
    assert (document.external_id, document.product, document.language) == ("faq.csv#7", "Data", "de")
    assert document.body == "Open **Reports**."


def test_a_file_without_such_columns_says_what_it_found_instead(read):
    [failure] = read("name,phone\nAnn,123\n", "people.csv")
    assert failure.document == "people.csv"
    assert "no column of answers" in failure.reason
    assert "it says: name, phone" in failure.reason


def test_a_bad_row_is_named_and_the_others_are_imported(read):
    rows = read("question,answer\nA?,yes\n,lonely\nB?\nA?,again\nC?,good\n")
    assert [row.title for row in rows if isinstance(row, ImportedDocument)] == ["A?", "C?"]
    failures = [row for row in rows if isinstance(row, ImportFailure)]
    assert [(row.document, row.reason, row.is_part) for row in failures] == [
        ("faq.csv, line 3", "The question is empty.", True),
        ("faq.csv, line 4", "The answer is empty.", True),
        ("faq.csv, line 5", "Line 2 has the same question.", True),
    ]


def test_an_empty_file_says_so(read):
    assert read("")[0].reason == "The file holds no text."


def test_an_old_encoding_is_guessed_and_the_note_says_so(read):
    text = "question;answer\nGrößere Schrift einstellen?;Öffnen Sie die Einstellungen und wählen Sie „Größe“ für alle Menüs.\n"
    [document] = read(text.encode("cp1252"))
    assert "größe" in document.body.lower()
    assert "which is a guess" in document.note
