"""The text of strangers, made harmless for each place that it is shown in.

HTML is Jinja's own autoescape. These are the places that it does not know: the Markdown and the code of
a notebook, and XML, which cannot hold control characters at all.
"""

import re

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})
_MARKDOWN = re.compile(r"([\\`*_{}\[\]#!|$~^])")
_BACKTICKS = re.compile(r"`+")


def printable(text: object) -> str:
    """Return the text with a replacement character for each one that no XML document may hold."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", str(text))


def markdown_text(text: object) -> str:
    """Return Markdown that shows exactly this text on one line: no markup, no HTML, no formulas."""
    one_line = " ".join(printable(text).split())
    return _MARKDOWN.sub(r"\\\1", one_line).translate(_HTML)


def markdown_block(text: object) -> str:
    """Return a fenced block that shows exactly this text; its fence is longer than any fence within."""
    shown = printable(text)
    longest = max((len(run) for run in _BACKTICKS.findall(shown)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{shown}\n{fence}"


def python_text(text: object) -> str:
    """Return a Python literal of this text: triple-quoted where that reads well and is exact."""
    plain = str(text)
    if '"""' in plain or "\\" in plain or plain.endswith('"') or printable(plain) != plain or "\r" in plain:
        return repr(plain)
    return f'"""\n{plain}\n"""' if "\n" in plain else repr(plain)
