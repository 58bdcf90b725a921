from entrypoints.http.reference.problem import problem

EXAMPLES = ()
PROBLEMS = (
    problem(
        400,
        "empty_file",
        "The file is empty",
        "A file has at least one byte.",
        "the file is empty",
    ),
    problem(
        400,
        "unnamed_file",
        "The file has no name",
        "The part `file` of the form needs a `filename`, whose ending says what it is.",
        "the file has no name: send it with one, as the `filename` of its part",
    ),
    problem(
        400,
        "invalid_file_name",
        "The file's name is none",
        "No file is called so on any machine: its name has a NUL (U+0000) in it.",
        "the file's name has a NUL in it",
    ),
    problem(
        400,
        "several_files",
        "More than one file",
        "One request uploads one file: send the others on their own.",
        "send one file at a time",
    ),
    problem(
        400,
        "missing_file",
        "The form has no file",
        "Send the file as the part `file` of a multipart form: `curl -F file=@report.pdf`.",
        "the form has no field `file`",
    ),
    problem(
        413,
        "file_too_large",
        "The file is too large",
        "`detail` says how large one may be. Split it, or make it smaller.",
        "a document may have 50 MiB",
    ),
    problem(
        416,
        "range_not_satisfiable",
        "The file ends before that",
        "None of the bytes that the header `Range` names are in the file: `Content-Range` says how "
        "many there are.",
        "the file has 74213 bytes, and none where you asked",
    ),
    problem(
        415,
        "unsupported_file",
        "This kind of file is not taken",
        "Both its name and its content have to be of a kind that we take.",
        "a document is .pdf, .docx, .doc, .odt, .rtf, .txt, .md, .markdown, .html, .htm, .csv, .epub, "
        ".pptx, .xlsx, not .exe",
    ),
)
