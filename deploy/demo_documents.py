"""Build the demo agreement as PDF and as DOCX from docs/demo/services-agreement.md."""

import io
import json
import re
import sys
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TypedDict

import typst
from docx import Document
from docx.document import Document as DocxDocument
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Emu, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.table import Table
from docx.text.paragraph import Paragraph

DEMO = Path(__file__).resolve().parent.parent / "docs" / "demo"
NAME = "services-agreement"
AUTHOR = "Colonnade demo"
SIGNED = datetime(2025, 3, 3)  # noqa: DTZ001 - DOCX properties hold naive times
INK = RGBColor(0x1F, 0x32, 0x50)
HANG = Cm(1.15)

Runs = list[tuple[str, str]]


class Block(TypedDict):
    """One paragraph, heading or table of the source."""

    kind: str
    label: str
    runs: Runs
    inset: bool
    rows: list[list[Runs]]
    align: list[str]
    widths: list[int]


def runs(text: str) -> Runs:
    """Split **strong** and *emphasised* spans from plain words."""
    found: Runs = []
    for strong, emph, plain in re.findall(r"\*\*(.+?)\*\*|\*(.+?)\*|([^*]+)", text):
        face = "strong" if strong else "emph" if emph else "plain"
        found.append((strong or emph or plain, face))
    return found


def block(kind: str, text: str = "", label: str = "", inset: bool = False) -> Block:
    """Make a block without table cells."""
    return Block(kind=kind, label=label, runs=runs(text), inset=inset, rows=[], align=[], widths=[])


def table(lines: list[str]) -> Block:
    """Read a Markdown table; a column is as wide as its longest cell, within reason."""
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    made = block("table")
    made["align"] = ["right" if rule.endswith(":") else "left" for rule in cells.pop(1)]
    made["rows"] = [[runs(cell) for cell in row] for row in cells]
    made["widths"] = [
        min(max(len(cell) for cell in column), 38) + 7 for column in zip(*cells, strict=True)
    ]
    return made


def parse(source: str) -> Iterator[Block]:
    """Read the source, one block to each chunk between blank lines."""
    in_clause = False
    for chunk in re.split(r"\n{2,}", source.strip()):
        if chunk.startswith("# "):
            yield block("title", chunk[2:])
        elif chunk.startswith("> "):
            for line in chunk.splitlines():
                yield block("lead", line[2:])
        elif chunk.startswith("## "):
            in_clause = False
            label = re.match(r"\d+|Schedule \d+", chunk[3:])
            yield block("heading", chunk[3:], label.group() if label else "")
        elif chunk.startswith("|"):
            yield table(chunk.splitlines())
        elif clause := re.match(r"(S?\d+\.\d+) ", chunk):
            in_clause = True
            yield block("clause", chunk[clause.end() :], clause.group(1))
        elif item := re.match(r"(\(\w\)) ", chunk):
            yield block("item", chunk[item.end() :], item.group(1))
        else:
            yield block("text", chunk, inset=in_clause)


def check(blocks: list[Block]) -> None:
    """Refuse a clause out of sequence and a reference to a clause that is not there."""
    labels = [b["label"] for b in blocks if b["kind"] in {"heading", "clause"} and b["label"]]
    section, last = "", 0
    for label in labels:
        head, _, number = label.partition(".")
        if not number:
            section, last = label.replace("Schedule ", "S"), 0
        elif (head, int(number)) != (section, last + 1):
            raise SystemExit(f"clause {label} is out of sequence")
        else:
            last += 1
    words = " ".join(text for b in blocks for text, _ in b["runs"])
    for group in re.findall(
        r"clauses? ((?:\d+(?:\.\d+)?(?:, | and )?)+)|(Schedule \d+)", words, re.I
    ):
        for label in re.findall(r"Schedule \d+|\d+(?:\.\d+)?", " ".join(group)):
            if label not in labels:
                raise SystemExit(f"reference to {label}, which does not exist")


def title(blocks: list[Block]) -> str:
    """Return the words of the title block."""
    return "".join(text for text, _ in blocks[0]["runs"])


def pdf(blocks: list[Block]) -> bytes:
    """Set the blocks with the Typst page design, using only its embedded fonts."""
    inputs = {"blocks": json.dumps(blocks), "title": title(blocks), "author": AUTHOR}
    return typst.compile(
        DEMO / f"{NAME}.typ",
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs=inputs,
        timestamp=0,
    )


def style(document: DocxDocument, name: str, left: int = 0, hang: int = 0) -> None:
    """Add or adjust a paragraph style with a hanging indent."""
    styles = document.styles
    found = styles[name] if name in styles else styles.add_style(name, 1)
    if not isinstance(found, ParagraphStyle):
        raise TypeError(name)
    if name not in {"Normal", "Title", "Subtitle", "Heading 1"}:
        found.base_style = styles["Normal"]
    layout = found.paragraph_format
    layout.left_indent, layout.first_line_indent = left + hang, -hang
    layout.space_after, layout.line_spacing = Pt(7), 1.08
    font = found.font
    font.name, font.size, font.color.rgb = "Cambria", Pt(10.5), RGBColor(0, 0, 0)
    if name in {"Title", "Subtitle"}:
        layout.alignment = WD_ALIGN_PARAGRAPH.CENTER
        font.size, font.italic = Pt(24 if name == "Title" else 11.5), False
    if name in {"Title", "Heading 1"}:
        font.color.rgb, font.bold = INK, True
        for slot in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            found.element.get_or_add_rPr().get_or_add_rFonts().attrib.pop(qn(f"w:{slot}"), None)
    if name == "Heading 1":
        font.size, layout.space_before, layout.keep_with_next = Pt(12.5), Pt(16), True


def fill(paragraph: Paragraph, words: Runs) -> None:
    """Write runs into a paragraph."""
    for text, face in words:
        run = paragraph.add_run(text)
        run.bold, run.italic = face == "strong" or None, face == "emph" or None


def field(paragraph: Paragraph, code: str) -> None:
    """Append a page-number field."""
    xml = f'<w:fldSimple {nsdecls("w")} w:instr="{code}"><w:r><w:t>1</w:t></w:r></w:fldSimple>'
    paragraph._p.append(parse_xml(xml))


def grid(document: DocxDocument, source: Block) -> None:
    """Write a table whose first row is a repeated header."""
    rows = source["rows"]
    made: Table = document.add_table(len(rows), len(rows[0]), "Table Grid")
    made.alignment, made.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    share = Cm(15.8) / sum(source["widths"])
    for y, row in enumerate(rows):
        for x, words in enumerate(row):
            cell = made.cell(y, x)
            cell.width = Emu(int(share * source["widths"][x]))
            paragraph = cell.paragraphs[0]
            fill(paragraph, [(text, "strong") for text, _ in words] if y == 0 else words)
            paragraph.paragraph_format.space_after = Pt(3)
            paragraph.paragraph_format.space_before = Pt(3)
            paragraph.paragraph_format.keep_with_next = y + 1 < len(rows)
            if source["align"][x] == "right":
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            if y == 0:
                shade = f'<w:shd {nsdecls("w")} w:val="clear" w:fill="E9EDF4"/>'
                cell._tc.get_or_add_tcPr().append(parse_xml(shade))
    made.rows[0]._tr.get_or_add_trPr().append(parse_xml(f"<w:tblHeader {nsdecls('w')}/>"))
    document.add_paragraph().paragraph_format.space_after = Pt(0)


def docx(blocks: list[Block]) -> bytes:
    """Set the blocks as a Word document with styled headings and literal clause numbers."""
    document = Document()
    for name in ("Normal", "Title", "Subtitle", "Heading 1"):
        style(document, name)
    style(document, "Clause", hang=HANG)
    style(document, "Clause Text", left=HANG)
    page = document.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = Cm(2.6)
    page.top_margin = page.bottom_margin = Cm(2.4)
    footer = page.footer.paragraphs[0]
    footer.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    footer.add_run(f"{title(blocks)} – Page ")
    field(footer, "PAGE")
    footer.add_run(" of ")
    field(footer, "NUMPAGES")
    named = {"title": "Title", "lead": "Subtitle", "heading": "Heading 1", "text": "Normal"}
    for index, b in enumerate(blocks):
        if b["kind"] == "table":
            grid(document, b)
            continue
        name = "Clause Text" if b["inset"] else named.get(b["kind"], "Clause")
        paragraph = document.add_paragraph(style=name)
        if b["kind"] in {"clause", "item"}:
            paragraph.add_run(f"{b['label']}\t")
        fill(paragraph, b["runs"])
        layout = paragraph.paragraph_format
        layout.keep_together = True
        if blocks[index + 1 : index + 2] and blocks[index + 1]["kind"] == "table":
            layout.keep_with_next = True
        if b["label"] == "Schedule 1":
            layout.page_break_before = True
    about = document.core_properties
    about.title, about.author, about.comments = title(blocks), AUTHOR, ""
    about.created = about.modified = SIGNED
    buffer = io.BytesIO()
    document.save(buffer)
    return undated(buffer.getvalue())


def undated(archive: bytes) -> bytes:
    """Rewrite a zip without the time of the build, so equal text gives equal bytes."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(archive)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for entry in old.infolist():
            stamped = zipfile.ZipInfo(entry.filename)
            stamped.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(stamped, old.read(entry))
    return out.getvalue()


def main() -> int:
    """Write both files next to their source."""
    blocks = list(parse((DEMO / f"{NAME}.md").read_text(encoding="utf-8")))
    check(blocks)
    for suffix, made in ((".pdf", pdf(blocks)), (".docx", docx(blocks))):
        target = DEMO / f"{NAME}{suffix}"
        target.write_bytes(made)
        print(f"{target.name}: {len(made):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
