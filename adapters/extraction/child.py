"""Reads one document in a process of its own, which the document may crash, fill or hang.

`main` takes MEDIA_TYPE MEMORY CPU PARENT from the command line, the document from stdin, and writes
the result to stdout: MEMORY in bytes, CPU in seconds, PARENT the process id to die with. The result
is one JSON object: `pages` and `properties`, or `failure` (a value of domain.knowledge.document.Failure) and
`detail`. Of ours it imports this package alone: each document waits for what is imported here.
"""

import gc
import json
import os
import sys
from collections.abc import Callable

from adapters.extraction.limits import give_up_rights
from adapters.extraction.pages import Extracted, Unreadable

_TOO_MUCH = "reading it takes too much memory: split it into smaller documents"
_NO_TEXT = "there is no text in it: if it is a scan, run text recognition (OCR) over it first"

type Read = Callable[[bytes], Extracted]


def main() -> None:
    media_type, memory, cpu, parent = sys.argv[1], *map(int, sys.argv[2:5])
    gc.disable()  # the process ends before it would be worth it
    try:
        read = reader(media_type)  # first, so that the limits count what the document takes
        give_up_rights(memory, cpu, parent)
        output = _result(read(sys.stdin.buffer.read()))
    except Unreadable as error:
        output = _failed(error.failure, error.detail)
    except MemoryError:
        output = _failed("too_large", _TOO_MUCH)
    except Exception:  # a fault of ours: told, so that it can be mended
        import traceback  # for this alone

        output = _failed("internal", traceback.format_exc())
    sys.stdout.buffer.write(output)
    sys.stdout.buffer.flush()
    os._exit(0)  # no destructor of a half-read document may turn a good result into a crash


def reader(media_type: str) -> Read:
    """What reads documents of this type; no other type's library is loaded."""
    match media_type:
        case "application/pdf":
            from adapters.extraction.formats.pdf import read_pdf

            return read_pdf
        case "application/vnd.openxmlformats-officedocument.wordprocessingml.document":
            from adapters.extraction.formats.docx import read_docx

            return read_docx
        case "application/msword":
            from adapters.extraction.formats.doc import read_doc

            return read_doc
        case "application/vnd.oasis.opendocument.text":
            from adapters.extraction.formats.odt import read_odt

            return read_odt
        case "application/rtf":
            from adapters.extraction.formats.rtf import read_rtf

            return read_rtf
        case "text/plain":
            from adapters.extraction.formats.text import read_text

            return read_text
        case "text/markdown":
            from adapters.extraction.formats.markdown import read_markdown

            return read_markdown
        case "text/html":
            from adapters.extraction.formats.html import read_html

            return read_html
        case "text/csv":
            from adapters.extraction.formats.csv import read_csv

            return read_csv
        case "application/epub+zip":
            from adapters.extraction.formats.epub import read_epub

            return read_epub
        case "application/vnd.openxmlformats-officedocument.presentationml.presentation":
            from adapters.extraction.formats.pptx import read_pptx

            return read_pptx
        case "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":
            from adapters.extraction.formats.xlsx import read_xlsx

            return read_xlsx
    raise Unreadable("unsupported", f"no reader for {media_type}")


def _result(extracted: Extracted) -> bytes:
    pages = extracted.pages
    if not any(page.text and not page.text.isspace() for page in pages):
        raise Unreadable("no_text", _NO_TEXT)
    extracted.properties.page_count = len(pages)
    return json.dumps(extracted, default=vars, ensure_ascii=False).encode()


def _failed(failure: str, detail: str) -> bytes:
    return json.dumps({"failure": failure, "detail": detail}).encode()
