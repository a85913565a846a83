"""PDF and Word files for tests, made on the spot."""

import io
from collections.abc import Sequence

A4_HEIGHT = 842
Piece = tuple[str, float, float]


def pdf(*pages: Sequence[Piece], info: str = "") -> bytes:
    """Write a PDF by hand; a page is lines of (text, size, y)."""
    objects: list[bytes] = []

    def add(body: bytes) -> int:
        objects.append(body)
        return len(objects)

    font = add(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
    page_ids, parent = [], len(pages) * 2 + 2
    for lines in pages:
        stream = b"BT\n" + b"".join(_text(*line) for line in lines) + b"ET" if lines else b"0 0 100 100 re f"
        content = add(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        page_ids.append(
            add(
                b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
                b"/Resources << /Font << /F1 %d 0 R >> >> >>" % (parent, content, font)
            )
        )
    kids = b" ".join(b"%d 0 R" % page_id for page_id in page_ids)
    tree = add(b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(page_ids)))
    assert tree == parent
    catalog = add(b"<< /Type /Catalog /Pages %d 0 R >>" % tree)
    described = add(b"<< /Title (%s) >>" % info.encode()) if info else 0
    return _file(objects, catalog, described)


def _text(text: str, size: float, y: float) -> bytes:
    escaped = text.encode("cp1252").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
    return b"/F1 %g Tf 1 0 0 1 50 %g Tm (%s) Tj\n" % (size, y, escaped)


def _file(objects: list[bytes], catalog: int, described: int) -> bytes:
    out, places = io.BytesIO(), []
    out.write(b"%PDF-1.4\n")
    for number, body in enumerate(objects, start=1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.writelines(b"%010d 00000 n \n" % place for place in places)
    more = b" /Info %d 0 R" % described if described else b""
    out.write(b"trailer << /Size %d /Root %d 0 R%s >>\n" % (len(objects) + 1, catalog, more))
    out.write(b"startxref\n%d\n%%%%EOF" % start)
    return out.getvalue()


def locked(data: bytes, *, user_password: str) -> bytes:
    """Encrypt a PDF; an empty password only forbids changes."""
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(data)))
    writer.encrypt(user_password=user_password, owner_password="owner", algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def paragraphs(*texts: str, top: float = 700, size: float = 11) -> list[Piece]:
    """Lay out lines one below the other, as one paragraph each text; a text holds its line breaks."""
    lines: list[Piece] = []
    y = top
    for text in texts:
        for line in text.split("\n"):
            lines.append((line, size, y))
            y -= size * 1.3
        y -= size * 1.5
    return lines
