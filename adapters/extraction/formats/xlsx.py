"""Spreadsheets: a page for each sheet. What is hidden is not read."""

import json

from adapters.extraction.package import Package, check_xml, tag
from adapters.extraction.pages import MAX_PAGES, Budget, Extracted, Lines, too_many_pages
from adapters.extraction.structure import properties_of, read_by_xberg, rows

_MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MAIN = "xl/workbook.xml"


def read_xlsx(data: bytes) -> Extracted:
    package = Package(data, _MAIN)
    for name in package.names:
        if name.endswith((".xml", ".rels")):
            check_xml(package.read(name))
    sheets = [one for one in package.xml(_MAIN).iter() if tag(one) == "sheet"]
    if len(sheets) > MAX_PAGES:
        raise too_many_pages()
    read = read_by_xberg(data, _MEDIA_TYPE)
    pages, budget = [Lines() for _ in sheets], Budget()
    for node in read.document.nodes if read.document else []:
        content = json.loads(str(node.content))
        if content["node_type"] != "table" or not node.page:
            continue
        sheet, page = sheets[node.page - 1], pages[node.page - 1]
        if sheet.get("state", "visible") == "visible":
            page.heading(sheet.get("name", ""), 1)
            page.table(rows(content["grid"]))
            budget.spend(sum(map(len, page.lines)))
    return Extracted([page.page() for page in pages], properties_of(read))
