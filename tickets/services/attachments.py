"""Files of customers: taken in by what they are, not by what they say they are, and given out by expiring address."""

import codecs
import io
import re
import warnings
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePosixPath
from typing import IO
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.urls import reverse
from PIL import Image, UnidentifiedImageError

from supportai.core import clock
from supportai.core.errors import DomainError, InvalidInputError, NotFoundError
from supportai.core.models import JSONDict
from tickets.models import Attachment

SALT = "tickets.attachment"
LINK_SECONDS = 15 * 60
# Who picks a file sends it soon; what was not sent is nobody's.
UNSENT_AGE = timedelta(days=1)
UNSENT_BATCH = 100
# A picture of more pixels than this is no screenshot; decoding it costs memory (40 million: 160 MB as RGBA).
MAX_PIXELS = 40_000_000
HEAD_BYTES = 4096
MAX_NAME = 200
IMAGES = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}
EXTENSIONS = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "image/webp": "webp",
    "application/pdf": "pdf",
    "video/mp4": "mp4",
    "video/webm": "webm",
    "text/plain": "txt",
}
# `<` at the start (after white space or a byte-order mark) makes HTML, SVG and XML of a text.
MARKUP = re.compile(rb"^(?:\xef\xbb\xbf)?\s*<")
CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


class FileTooBigError(DomainError):
    """The file is over the limit."""

    code = "file_too_big"
    status = 413


class FileKindError(DomainError):
    """The file is of a kind that is not taken."""

    code = "file_kind_not_taken"
    status = 415


@dataclass(frozen=True, slots=True)
class _Kind:
    content_type: str

    @property
    def extension(self) -> str:
        return EXTENSIONS[self.content_type]


def store_upload(*, contact_id: int, upload: UploadedFile) -> Attachment:
    """Store a file that waits for the message it will come with.

    The content decides the kind; the file on disk is named by us, the customer's name is only shown.

    Raises:
        FileTooBigError: over `MAX_UPLOAD_BYTES`.
        FileKindError: no picture, PDF, recording or plain text.
        InvalidInputError: it is empty.
    """
    size = upload.size or 0
    if size > settings.MAX_UPLOAD_BYTES:
        raise FileTooBigError(f"Files may have up to {settings.MAX_UPLOAD_BYTES // 1_000_000} MB.")
    if not size:
        raise InvalidInputError("The file is empty.")
    kind = _Kind(sniff(upload))
    attachment = Attachment(
        contact_id=contact_id,
        name=clean_name(upload.name or "", kind.extension),
        content_type=kind.content_type,
        size_bytes=size,
    )
    upload.seek(0)
    attachment.file.save(f"{attachment.public_id}.{kind.extension}", upload, save=False)
    attachment.save()
    return attachment


def delete_unsent() -> int:
    """Delete the files that no message came with within a day; give their number."""
    due = Attachment.objects.filter(message__isnull=True, created_at__lt=clock.now() - UNSENT_AGE)
    # Looked for without a lock, since most sweeps find nothing.
    ids = list(due.values_list("pk", flat=True)[:UNSENT_BATCH])
    if not ids:
        return 0
    with transaction.atomic():
        found = list(due.filter(pk__in=ids).select_for_update(skip_locked=True))
        for attachment in found:
            # The file goes first: a row without a file is swept again, a file without a row never.
            attachment.file.delete(save=False)
            attachment.delete()
    return len(found)


def sniff(file: UploadedFile | IO[bytes]) -> str:
    """Tell a file's content type from its bytes.

    Raises:
        FileKindError: it is none that we take; HTML, SVG and other markup never are.
    """
    file.seek(0)
    head = file.read(HEAD_BYTES)
    file.seek(0)
    found = _by_signature(head) or _image_type(file) or _text_type(head)
    file.seek(0)
    if found is None:
        raise FileKindError("Attach a picture (PNG, JPEG, GIF, WebP), a PDF, a text file or a recording (MP4, WebM).")
    return found


def clean_name(name: str, extension: str) -> str:
    """Keep what is printable of a file's last path part, with the extension of what it really is."""
    last = PurePosixPath(name.replace("\\", "/")).name
    printable = "".join(c for c in last if c.isprintable() and c not in '<>"|?*:').strip(". ")
    stem = PurePosixPath(printable).stem or "file"
    suffix = PurePosixPath(printable).suffix.lstrip(".").lower()
    is_text_name = extension == "txt" and suffix in {"log", "csv", "md", "json", "yaml", "yml"}
    return f"{stem[: MAX_NAME - 10]}.{suffix if is_text_name else extension}"


def signed_url(attachment: Attachment) -> str:
    """Make an address that gives the file to whoever has it, for 15 minutes."""
    key = signing.dumps(str(attachment.public_id), salt=SALT)
    # In the query, because request logs keep the path.
    return f"{reverse('widget:attachment', args=[attachment.public_id])}?key={key}"


def by_key(public_id: UUID, key: str) -> Attachment:
    """Give the file of a signed address.

    Raises:
        NotFoundError: it expired, was changed, or the file is gone.
    """
    try:
        signed = signing.loads(key, salt=SALT, max_age=LINK_SECONDS)
    except signing.BadSignature as exc:
        raise NotFoundError("This link has expired; open the file from the conversation again.") from exc
    attachment = Attachment.objects.filter(public_id=public_id).first() if signed == str(public_id) else None
    if attachment is None:
        raise NotFoundError("This file is gone.")
    return attachment


def of_contact(*, contact_id: int, public_id: UUID) -> Attachment:
    """Give a file of a contact's own conversations.

    Raises:
        NotFoundError: it is not theirs or does not exist.
    """
    found = Attachment.objects.filter(public_id=public_id).select_related("message__ticket").first()
    owner = None if found is None else (found.message.ticket.contact_id if found.message else found.contact_id)
    if found is None or owner != contact_id or (found.message and not found.message.is_public):
        raise NotFoundError("This file is not yours or does not exist.")
    return found


def attachment_frame(attachment: Attachment) -> JSONDict:
    """Describe a file to its customer, with an address for the next minutes."""
    return {
        "id": str(attachment.public_id),
        "name": attachment.name,
        "content_type": attachment.content_type,
        "size": attachment.size_bytes,
        "url": signed_url(attachment),
    }


def _by_signature(head: bytes) -> str | None:
    if head.startswith(b"%PDF-"):
        return "application/pdf"
    # ISO/IEC 14496-12 section 4.3: the file type box; RFC 8794: the EBML header, with the DocType of WebM.
    if head[4:8] == b"ftyp":
        return "video/mp4"
    if head.startswith(b"\x1a\x45\xdf\xa3") and b"webm" in head[:64]:
        return "video/webm"
    return None


def _image_type(file: UploadedFile | IO[bytes]) -> str | None:
    """Open a picture as far as its header and check its structure; None when it is none or broken."""
    file.seek(0)
    content = io.BytesIO(file.read())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(content, formats=tuple(IMAGES)) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise FileTooBigError("This picture has too many pixels.")
                kind = IMAGES[image.format or ""]
                image.verify()
                return kind
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as exc:
        raise FileTooBigError("This picture has too many pixels.") from exc
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, KeyError):
        return None


def _text_type(head: bytes) -> str | None:
    if MARKUP.match(head) or CONTROL.search(head):
        return None
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        # A head that was cut may end inside a character.
        decoder.decode(head, final=len(head) < HEAD_BYTES)
    except UnicodeDecodeError:
        return None
    return "text/plain"
