"""Files are taken by what they are, and given out for a short time to who may have them."""

import io
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from accounts.tests.factories import BrandFactory, ContactFactory, UserFactory
from supportai.core import clock, sweeps
from supportai.core.errors import InvalidInputError, NotFoundError
from tickets.models import Attachment, Message
from tickets.services import attachments, messages

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr("tickets.tasks.work_on_run", lambda run_id: None)


def picture(kind: str = "PNG", size: tuple[int, int] = (8, 6)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "navy").save(out, kind)
    return out.getvalue()


def upload(content: bytes, name: str = "shot.png", content_type: str = "image/png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type)


def store(content: bytes, name: str = "shot.png", **contact: object) -> Attachment:
    return attachments.store_upload(contact_id=ContactFactory.create(**contact).pk, upload=upload(content, name))


# ---- what is taken ----


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (picture("PNG"), "image/png"),
        (picture("JPEG"), "image/jpeg"),
        (picture("GIF"), "image/gif"),
        (picture("WEBP"), "image/webp"),
        (b"%PDF-1.7\n%\xe2\xe3", "application/pdf"),
        (b"\x00\x00\x00\x18ftypisom" + b"\0" * 20, "video/mp4"),
        (b"\x1a\x45\xdf\xa3\x01\0\0\0\0\0\0\x1f\x42\x82\x84webm", "video/webm"),
        ("Fehler: Größe über 3 MB\n".encode(), "text/plain"),
        (("a" * (attachments.HEAD_BYTES - 1) + "ü und mehr").encode(), "text/plain"),
        (b"error \x1b[31mred\x1b[0m\r\n", "text/plain"),
    ],
    ids=["png", "jpeg", "gif", "webp", "pdf", "mp4", "webm", "text", "cut character", "terminal colours"],
)
def test_the_content_decides_the_kind(content, content_type):
    stored = store(content, name="anything.exe")
    assert stored.content_type == content_type
    assert stored.name == f"anything.{attachments.EXTENSIONS[content_type]}"
    with stored.file.open("rb") as file:
        assert file.read() == content


@pytest.mark.parametrize(
    "content",
    [
        b"<!doctype html><script>alert(1)</script>",
        b"\xef\xbb\xbf \n<html>",
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b"<?xml version='1.0'?><svg/>",
        b"MZ\x90\x00\x03\x00\x00\x00",
        b"PK\x03\x04\x14\x00\x08\x08",
        b"\xff\xfe\x00\x41",
        b"\xc3\x28 not utf-8",
    ],
    ids=["html", "html with mark", "svg", "xml", "exe", "zip", "utf-16", "latin"],
)
def test_markup_programs_and_unknown_kinds_are_refused(content):
    with pytest.raises(attachments.FileKindError):
        store(content, name="shot.png")
    assert not Attachment.objects.exists()


def test_a_picture_that_is_cut_off_is_refused():
    with pytest.raises(attachments.FileKindError):
        store(picture(size=(64, 64))[:60])


def test_a_picture_of_too_many_pixels_is_refused(monkeypatch):
    monkeypatch.setattr(attachments, "MAX_PIXELS", 100)
    with pytest.raises(attachments.FileTooBigError):
        store(picture(size=(11, 10)))


def test_a_decompression_bomb_is_refused_before_it_is_decoded(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(attachments.FileTooBigError):
        store(picture(size=(300, 300)))


def test_a_file_over_the_limit_is_refused(settings):
    settings.MAX_UPLOAD_BYTES = 20
    with pytest.raises(attachments.FileTooBigError):
        store(b"x" * 21)


def test_an_empty_file_is_refused():
    with pytest.raises(InvalidInputError):
        store(b"")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd.txt"),
        ("C:\\temp\\report.HTML", "report.txt"),
        ("server.log", "server.log"),
        ("Übersicht März.csv", "Übersicht März.csv"),
        ('a"<b>|c?.txt', "abc.txt"),
        ("evil\u202etxt.exe", "eviltxt.txt"),
        ("", "file.txt"),
        ("...", "file.txt"),
        ("n" * 400 + ".txt", "n" * 190 + ".txt"),
    ],
)
def test_names_keep_what_is_harmless(given, kept):
    assert attachments.clean_name(given, "txt") == kept


def test_the_file_on_disk_carries_no_name_of_the_customer():
    stored = store(picture(), name="Ana Ruiz passport.png")
    assert str(stored.file.name).endswith(f"{stored.public_id}.png")


# ---- who may have it ----


def owner(stored: Attachment) -> int:
    assert stored.contact_id is not None
    return stored.contact_id


def query_key(url: str) -> str:
    return url.partition("?key=")[2]


def test_a_signed_address_gives_its_file_and_no_other():
    mine, other = store(picture()), store(picture())
    key = query_key(attachments.signed_url(mine))
    assert attachments.by_key(mine.public_id, key) == mine
    with pytest.raises(NotFoundError):
        attachments.by_key(other.public_id, key)


@pytest.mark.parametrize("key", ["", "forged", "a:b:c"])
def test_a_forged_address_gives_nothing(key):
    with pytest.raises(NotFoundError):
        attachments.by_key(store(picture()).public_id, key)


def test_a_signed_address_expires_after_its_quarter_of_an_hour(monkeypatch):
    assert attachments.LINK_SECONDS == 15 * 60
    stored = store(picture())
    key = query_key(attachments.signed_url(stored))
    monkeypatch.setattr(attachments, "LINK_SECONDS", -1)
    with pytest.raises(NotFoundError, match="expired"):
        attachments.by_key(stored.public_id, key)


def test_a_signed_address_of_a_deleted_file_gives_nothing():
    stored = store(picture())
    public_id, url = stored.public_id, attachments.signed_url(stored)
    stored.delete()
    with pytest.raises(NotFoundError, match="gone"):
        attachments.by_key(public_id, query_key(url))


def sent(stored: Attachment) -> Message:
    return messages.post_customer_message(
        contact_id=owner(stored),
        brand_id=BrandFactory.create().pk,
        ticket_public_id=None,
        client_id=uuid4(),
        text="Look",
        identity_level="signed",
        attachment_ids=[stored.public_id],
    )


def test_a_contact_has_own_files_before_and_after_they_are_sent():
    stored = store(picture())
    contact_id = owner(stored)
    assert attachments.of_contact(contact_id=contact_id, public_id=stored.public_id) == stored
    sent(stored)
    assert attachments.of_contact(contact_id=contact_id, public_id=stored.public_id) == stored


def test_another_contacts_file_is_not_found():
    stored = store(picture())
    sent(stored)
    for public_id in (stored.public_id, uuid4()):
        with pytest.raises(NotFoundError):
            attachments.of_contact(contact_id=ContactFactory.create().pk, public_id=public_id)


def test_a_file_of_an_internal_note_is_not_for_the_customer():
    stored = store(picture())
    ticket = sent(stored).ticket
    note = messages.post_note(ticket_id=ticket.pk, user_id=UserFactory.create().pk, client_id=uuid4(), text="Internal")
    Attachment.objects.update(message=note)
    with pytest.raises(NotFoundError):
        attachments.of_contact(contact_id=owner(stored), public_id=stored.public_id)


def test_a_frame_describes_the_file():
    stored = store(picture())
    frame = attachments.attachment_frame(stored)
    assert frame["id"] == str(stored.public_id)
    assert (frame["name"], frame["content_type"]) == ("shot.png", "image/png")
    assert frame["size"] == stored.size_bytes
    assert str(stored.public_id) in frame["url"]


# ---- what is never sent ----


def aged(stored: Attachment, age: timedelta) -> Attachment:
    Attachment.objects.filter(pk=stored.pk).update(created_at=clock.now() - age)
    return stored


def test_a_file_that_was_not_sent_within_a_day_goes_with_its_row():
    old = aged(store(picture()), timedelta(hours=25))
    young = aged(store(picture()), timedelta(hours=23))
    used = aged(store(picture()), timedelta(days=90))
    sent(used)
    assert attachments.delete_unsent() == 1
    assert set(Attachment.objects.all()) == {young, used}
    storage = old.file.storage
    assert [storage.exists(str(one.file.name)) for one in (old, young, used)] == [False, True, True]


def test_a_file_that_is_gone_already_does_not_stop_the_sweep():
    first, second = (aged(store(picture()), timedelta(days=2)) for _ in range(2))
    first.file.storage.delete(str(first.file.name))
    assert attachments.delete_unsent() == 2
    assert attachments.delete_unsent() == 0
    assert not second.file.storage.exists(str(second.file.name))


def test_the_sweep_looks_for_files_that_were_never_sent():
    assert attachments.delete_unsent in sweeps._sweeps
