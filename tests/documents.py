"""Documents made byte by byte, and by libraries that only tests use: honest, broken and hostile."""

import hashlib
import io
import zipfile
import zlib

import docx
import typst

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
TEXT = "text/plain"
MARKDOWN = "text/markdown"
HELLO = b"BT /F 12 Tf 20 200 Td (Good morning) Tj ET"


def typeset(markup: str) -> bytes:
    source = f'#set text(size: 11pt, lang: "en")\n{markup}'
    pdf = typst.compile(source.encode())
    assert isinstance(pdf, bytes)
    return pdf


def pdf(*objects: bytes, trailer: bytes = b"") -> bytes:
    """Objects are numbered from 1, which is the catalog."""
    out, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    rows = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return (
        out
        + b"xref\n0 %d\n0000000000 65535 f \n%b" % (size, rows)
        + b"trailer\n<< /Size %d /Root 1 0 R %b >>\n" % (size, trailer)
        + b"startxref\n%d\n%%%%EOF" % len(out)
    )


def stream(data: bytes, entries: bytes = b"") -> bytes:
    return b"<< /Length %d %b >>\nstream\n%b\nendstream" % (len(data), entries, data)


def one_page(
    content: bytes,
    *more: bytes,
    pages: bytes = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    resources: bytes = b"",
    trailer: bytes = b"",
) -> bytes:
    """`content` is object 4, the font 5, `more` begins with 6."""
    page = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Contents 4 0 R "
        b"/Resources << /Font << /F 5 0 R >> %b >> >>" % resources
    )
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    catalog = b"<< /Type /Catalog /Pages 2 0 R >>"
    return pdf(catalog, pages, page, content, font, *more, trailer=trailer)


def rc4(key: bytes, data: bytes) -> bytes:
    box = list(range(256))
    j = 0
    for i in range(256):
        j = (j + box[i] + key[i % len(key)]) % 256
        box[i], box[j] = box[j], box[i]
    out = bytearray()
    i = j = 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + box[i]) % 256
        box[i], box[j] = box[j], box[i]
        out.append(byte ^ box[(box[i] + box[j]) % 256])
    return bytes(out)


def encrypted_pdf(user_password: bytes, owner_password: bytes) -> bytes:
    """The standard security handler of PDF 1.1: 40 bits of RC4."""

    def md5(data: bytes) -> bytes:
        return hashlib.md5(data, usedforsecurity=False).digest()

    filler = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")
    user, owner = ((word + filler)[:32] for word in (user_password, owner_password))
    of_owner = rc4(md5(owner)[:5], user)
    file_id, rights = bytes(16), (-4 & 0xFFFFFFFF).to_bytes(4, "little")
    key = md5(user + of_owner + rights + file_id)[:5]
    content = rc4(md5(key + bytes([4, 0, 0, 0, 0]))[:10], HELLO)
    encrypt = b"<< /Filter /Standard /V 1 /R 2 /P -4 /O <%b> /U <%b> >>" % (
        of_owner.hex().encode(),
        rc4(key, filler).hex().encode(),
    )
    trailer = b"/Encrypt 6 0 R /ID [<%b> <%b>]" % ((file_id.hex().encode(),) * 2)
    return one_page(stream(content), encrypt, trailer=trailer)


def scanned_pdf() -> bytes:
    """An image and no text."""
    image = stream(
        b"\x80",
        b"/Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray "
        b"/BitsPerComponent 8",
    )
    content = stream(b"q 300 0 0 300 0 0 cm /I Do Q")
    return one_page(content, image, resources=b"/XObject << /I 6 0 R >>")


def pdf_bomb(size: int) -> bytes:
    """A page whose content unpacks to `size` bytes."""
    return one_page(stream(zlib.compress(HELLO + bytes(size), 1), b"/Filter /FlateDecode"))


def endless_pdf() -> bytes:
    """A form that draws a form twice, which draws a form twice: 2^28 texts."""

    def form(content: bytes, resources: bytes) -> bytes:
        entries = b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << %b >>" % resources
        return stream(content, entries)

    forms = [form(b"/X Do /X Do", b"/XObject << /X %d 0 R >>" % (n + 7)) for n in range(28)]
    last = form(HELLO, b"/Font << /F 5 0 R >>")
    return one_page(stream(b"/X Do"), *forms, last, resources=b"/XObject << /X 6 0 R >>")


def word_document() -> "docx.document.Document":
    document = docx.Document()
    document.add_heading("Services Agreement", 0)
    document.add_heading("1. Fees", 1)
    document.add_paragraph("The Customer shall pay *all* fees & taxes.")
    document.add_heading("Late payment", 2)
    document.add_paragraph("Interest", style="List Bullet")
    document.add_paragraph("Costs", style="List Bullet")
    table = document.add_table(1, 2)
    table.rows[0].cells[0].paragraphs[0].add_run("Role").bold = True
    table.rows[0].cells[1].text = "Rate"
    document.add_page_break()  # type: ignore[no-untyped-call]
    document.add_paragraph("On page two 😀.")
    return document


def saved(document: "docx.document.Document") -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def docx_with_body(xml: bytes) -> bytes:
    """A Word document whose main part is `xml`."""
    copy = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(saved(docx.Document()))) as package,
        zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as changed,
    ):
        for name in package.namelist():
            content = xml if name == "word/document.xml" else package.read(name)
            changed.writestr(name, content)
    return copy.getvalue()


def docx_bomb() -> bytes:
    """It unpacks to more than is allowed."""
    bomb = io.BytesIO(saved(word_document()))
    with zipfile.ZipFile(bomb, "a", zipfile.ZIP_DEFLATED) as package:
        package.writestr("word/media/bomb.bin", bytes(257 << 20), compresslevel=1)
    return bomb.getvalue()
