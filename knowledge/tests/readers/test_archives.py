import stat
import zipfile

import pytest

from knowledge.documents import ImportedDocument, ImportFailure
from knowledge.extraction import archive as archives
from knowledge.extraction.refusals import CannotReadError
from knowledge.readers import SUFFIXES, read_named, refusal_of


@pytest.fixture
def read(tmp_path):
    def read(entries, name="help.zip"):
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for entry, data in entries:
                archive.writestr(entry, data)
        return list(read_named(path, name))

    return read


def reasons(found):
    return {item.document: item.reason for item in found if isinstance(item, ImportFailure)}


def test_files_in_an_archive_are_read_under_their_paths(read):
    found = read(
        [
            ("docs/export.md", "# Export\n\nOpen Reports."),
            ("faq.csv", "question,answer\nA?,yes\n"),
            ("logo.png", b"x"),
            (".hidden/x.md", "no"),
            ("__MACOSX/export.md", "no"),
        ]
    )
    assert [item.external_id for item in found if isinstance(item, ImportedDocument)] == [
        "docs/export.md",
        "faq.csv#a",
    ]
    assert len(found) == 2


def test_texts_of_kinds_that_are_not_read_are_named_with_what_to_do_and_pictures_are_not(read):
    found = read(
        [("a.md", "# A\n\ntext"), ("old.doc", b"x"), ("guide.rst", "Guide"), ("logo.png", b"x"), ("site.css", "x")]
    )
    assert reasons(found) == {
        "old.doc": ".doc cannot be read. Save it as .docx.",
        "guide.rst": ".rst cannot be read. Save it as Markdown or HTML.",
    }
    assert [item.external_id for item in found if isinstance(item, ImportedDocument)] == ["a.md"]


@pytest.mark.parametrize("name", ["../evil.md", "a/../../evil.md", "/etc/evil.md", "C:\\evil.md"])
def test_a_path_that_leaves_the_archive_is_refused_and_the_rest_is_read(read, tmp_path, name):
    found = read([(name, "# Evil\n\ntext"), ("good.md", "# Good\n\ntext")])
    assert list(reasons(found).values()) == ["Its path leaves the archive's folder."]
    assert [item.title for item in found if isinstance(item, ImportedDocument)] == ["Good"]
    assert not list(tmp_path.parent.glob("evil.md"))


def test_a_bomb_is_refused_and_the_rest_is_read(read):
    found = read([("bomb.txt", b"0" * 5_000_000), ("good.md", "# Good\n\ntext")])
    assert reasons(found) == {"bomb.txt": "It unpacks to far more than a document should."}
    assert len(found) == 2


def zipped(tmp_path, **entries):
    path = tmp_path / "help.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in entries.items():
            archive.writestr(f"{name}.md", text)
    return str(path)


def listed(path):
    return list(archives.entries(path, SUFFIXES))


def test_an_archive_that_lies_about_sizes_is_stopped_while_unpacking(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MAX_ENTRY", 10)
    with pytest.raises(CannotReadError, match="larger than"):
        archives.unpack(zipped(tmp_path, long="more than ten bytes of text"), 0, str(tmp_path / "out"))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_unpacks_without_bounds_is_refused_and_the_rest_is_read(tmp_path, method):
    path = tmp_path / "help.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.md", "# A\n\ntext", compress_type=method)
        archive.writestr("b.md", "# B\n\ntext")
    found = list(read_named(path, path.name))
    assert "make the archive with the usual one" in reasons(found)["a.md"]
    assert [item.title for item in found if isinstance(item, ImportedDocument)] == ["B"]


def test_a_damaged_entry_does_not_stop_the_rest(tmp_path):
    path = tmp_path / "help.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.md", "# A\n\n" + " ".join(map(str, range(2_000))))
        archive.writestr("b.md", "# B\n\ntext")
    data = bytearray(path.read_bytes())
    data[40:60] = b"\xff" * 20
    path.write_bytes(data)
    found = list(read_named(path, path.name))
    assert reasons(found)["a.md"].startswith("It cannot be unpacked")
    assert [item.title for item in found if isinstance(item, ImportedDocument)] == ["B"]


def test_the_number_of_entries_is_asked_before_a_list_of_them_is_made(tmp_path, monkeypatch):
    path = zipped(tmp_path, a="text", b="text")
    monkeypatch.setattr(archives, "MAX_ENTRIES", 1)
    monkeypatch.setattr(zipfile, "ZipFile", None)
    with pytest.raises(CannotReadError, match="Cut it in parts"):
        listed(path)


def test_links_locked_entries_and_archives_inside_are_refused(read):
    link = zipfile.ZipInfo("link.md")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    found = reasons(read([(link, "/etc/passwd"), ("inner.zip", b"PK")]))
    assert found["link.md"] == "It is a link to another file."
    assert "archive inside an archive" in found["inner.zip"]
    locked = zipfile.ZipInfo("locked.md")
    locked.flag_bits = archives.ENCRYPTED
    assert archives._refusal(locked, archives.PurePosixPath("locked.md")) == "It is protected by a password."


def test_too_many_or_too_large_files_and_a_broken_archive_are_refused_as_a_whole(read, tmp_path, monkeypatch):
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04nothing")
    [broken] = read_named(tmp_path / "broken.zip", "broken.zip")
    assert "broken" in broken.reason
    assert "no file that can be read" in reasons(read([("logo.png", b"x")]))["help.zip"]
    path = zipped(tmp_path, a="text", b="more")
    monkeypatch.setattr(archives, "MAX_UNPACKED", 5)
    with pytest.raises(CannotReadError, match="unpacks to more"):
        listed(path)
    monkeypatch.setattr(archives, "MAX_BYTES", 5)
    with pytest.raises(CannotReadError, match="is larger than"):
        listed(path)


@pytest.mark.parametrize(
    ("name", "size", "reason"),
    [
        ("photo.png", 10, "photo.png: .png cannot be read. These can be: "),
        ("old.doc", 10, "Save it as .docx."),
        ("table.xlsx", 10, "Save it as CSV."),
        ("empty.md", 0, "the file is empty"),
        ("huge.pdf", 100_000_000, "the file has 100 MB; at most 50 MB"),
        ("huge.md", 100_000_000, "at most 10 MB"),
    ],
)
def test_an_upload_is_refused_by_name_and_size_with_what_to_do(name, size, reason):
    assert reason in refusal_of(name, size)


def test_what_can_be_read_is_taken():
    assert refusal_of("Guide.PDF", 1000) == ""
