"""From the Markdown that sites write to the Markdown that a parser knows.

Pure functions from text to text: each removes the syntax of one dialect and keeps the words of the
article. `without_templates` runs them in order; time is linear in the text.
"""

from __future__ import annotations

import re

from recommender.sources.directives import (
    CONTENTS,
    NO_TEXT,
    contains_text,
    role_text,
    shown_argument,
)
from recommender.sources.html.debris import (
    is_plain_text,
    reads_as_prose,
    strip_math,
    strip_shortcodes,
)
from recommender.sources.html.markup import drop_spans, has_mark
from recommender.sources.markdown.templates import strip_templates
from recommender.text.characters import CONTROL, UNSEEN, with_plain_ends

_UNREAD = re.compile(f"[{CONTROL}{UNSEEN}]")
_FENCE = re.compile(r"[ \t]*(?:>[ \t]?|[-*+][ \t]+|\d{1,9}[.)][ \t]+)*(`{3,}|~{3,}|:{3,})([^\n]*)")
_NAME = re.compile(r"[ \t]*\{([A-Za-z][\w:.+-]{0,60})\}(.*)")
_OPTION = re.compile(r"[ \t]*:[\w-]{1,60}:(?:[ \t]|$)")
_DRAWN = NO_TEXT | CONTENTS | {"figure", "code-cell", "eval-rst"}
_TARGET = re.compile(r"^[ \t]*\([^()\s]{1,200}\)=[ \t]*$", re.M)
_COMMENT_PARAGRAPH = re.compile(r"(?:(?<=\n\n)|\A)(?:%[ \t][^\n]*(?:\n|\Z))+")
_BLOCK_BREAK = re.compile(r"^\+\+\+(?:[ \t]*\{[^\n]*\})?[ \t]*$", re.M)
_COMMENT_LINES = re.compile(r"^([ \t]*+)<!--(?:(?!-->).){0,2000}+-->[ \t]*+$", re.M | re.S)
_TICKS = re.compile(r"`+")
_RAW_TAG = re.compile(r"\{%-?\s{0,9}(?:end)?(?:raw|verbatim)\s{0,9}-?%\}")
_SHEBANG = re.compile(r"\s?#!\w{1,30} +(?=\S)")
"""The language of inline code, as Markdown extensions for Python highlight it."""
_BLANK = re.compile(r"\n[ \t]*\n")
_SHIELDED = "<>{}[]:&%!$#"
_SHIELD = {ord(char): 0xE000 + number for number, char in enumerate(_SHIELDED)}
_UNSHIELD = {code: chr(char) for char, code in _SHIELD.items()}
_SHIELDED_CHARACTER = re.compile(f"[{''.join(map(chr, _UNSHIELD))}]")

_MDX_IMPORT = re.compile(
    r"^import\s+(?:[^'\"\n;]{1,2000}\sfrom\s+)?['\"][^'\"\n]+['\"][ \t]*;?[ \t]*$", re.M
)
_MDX_MULTILINE = re.compile(
    r"^import\s*\{[^{}'\"]{1,2000}\}\s*from\s+['\"][^'\"\n]+['\"][ \t]*;?[ \t]*$", re.M
)
_MDX_EXPORT = re.compile(
    r"^export[ \t]+(?:const|let|var|default|function|async|class|\{|\*)[^\n]*(?:\n[^\n]*\S[^\n]*)*",
    re.M,
)
_EXPORT_BELOW = re.compile(r"\s*export\b")
_LONGEST_EXPORT = 20_000
_JSX_COMMENT = re.compile(r"\{\s{0,20}/\*")
_ADMONITION = re.compile(r"[ \t]*(?:!!!|\?\?\?\+?|===[!+]?)[ \t]+[\w\"'][^\n]*$")
_DIRECTIVE = re.compile(r"^[ \t>]*(?::{3,}[^\n]*|/{3,}(?:[ \t]+\w[^\n]*|[ \t]*))$", re.M)
_INCLUDE = re.compile(
    r"^[ \t]*\{([!*])(?=[^{}\n]*[./])[^{}\n]{1,500}\1\}[ \t]*$"
    r"|^[ \t]*-+8<-+[ \t]+[^\n]+$"
    r"|^[ \t]*<<<[ \t]*[@./][^\n]*$"
    r"|^[ \t]*-+8<-+[ \t]*\n(?:[^\n]*\n){1,50}?[ \t]*-+8<-+[ \t]*$",
    re.M,
)
_DEFINITION = re.compile(
    r"\n(?<=[^\n]\n)(?=[ ]{0,3}\[[^\[\]\n]{1,200}\]:[ \t]{0,9}(?:<|[\w+.-]{1,20}:|[/#.])\S)"
)
_IN_ANGLES = re.compile(r"\]:[ \t]{0,9}<([^<>\s]{1,2000})>")
_ALERT = re.compile(r"^([ \t]*>[ \t]*)\\?\[![A-Za-z]{1,20}\\?\][+-]?", re.M)
_ATTRIBUTES = re.compile(
    r"\{(?:[ \t]{0,9}(?:[:.#]|[\w-]{1,40}=[\"'])|(?<=[)\]]\{)[ \t]{0,9}[\w-]{1,40}=)"
    r"[^{}\n]{0,500}\}"
)
_WIKI_LINK = re.compile(r"\[\[([^\[\]|\n^]{1,200})(?:\|([^\[\]|\n]{1,200}))?\]\](?![(\[])")
_EMBEDDED = re.compile(r"!\[\[[^\[\]\n]{1,300}\]\]")
_HIGHLIGHT = re.compile(r"==(?<![\w=`]==)(?=[^\s=`])([^\n`]{1,200}?)(?<=[^\s=])==(?![\w=`])")
_ROLE = re.compile(r"\{([A-Za-z][\w:.+-]{0,60})\}(`+)\Z")
_FOOTNOTE = re.compile(r"\[\^[^\]\[\s]{1,80}\]:?")
_NAMED_CONTENTS = re.compile(r"\[_?toc_?\]", re.I)
_CONTENTS = re.compile(r"^[ \t]*(?:\[\[?_?toc_?\]\]?|\$\{toc\})[ \t]*$", re.I | re.M)
_CAPTION = re.compile(r"\[(caption|wp_caption)\b[^\]\[\n]*+\]", re.I)
_EMOJI = re.compile(r":(?<![\w:/]:)(?=[^:\s]{0,40}[a-z])[a-z0-9_+-]{1,40}:(?![\w:/])")


def without_templates(text: str, code: bool = False) -> str:
    """Return a Markdown text in which HTML is the only foreign syntax left.

    Parameters
    ----------
    text : str
        Body of a Markdown file, without front matter.
    code : bool
        Keep fenced code; otherwise it is not text of the article.

    Returns
    -------
    str
        Brackets in code are replaced by private-use characters until `unshield`.

    Examples
    --------
    >>> without_templates("[rye]({{ '/rye/' | url }}){:target='_blank'}")
    '[rye](/rye/)'
    """
    text = with_plain_ends(text)
    if not text.replace("\n", "").isprintable():
        text = _UNREAD.sub("", text)
    text = shield_code_spans(strip_fences(text, code))
    text = strip_mdx(strip_templates(strip_math(text)))
    return strip_marks(break_at_comments(unwrap_admonitions(strip_myst(text))))


def unshield(text: str) -> str:
    """Return a text in which the brackets that `shield_code_spans` hid are restored.

    Examples
    --------
    >>> unshield(shield_code_spans("`<b>`"))
    '`<b>`'
    """
    return text.translate(_UNSHIELD) if is_shielded(text) else text


def is_shielded(text: str) -> bool:
    """Return whether a text contains a character that replaces a bracket in code."""
    return not text.isascii() and _SHIELDED_CHARACTER.search(text) is not None


def strip_fences(text: str, code: bool = False) -> str:
    """Return a text without fenced code; with `code`, the code is kept and shielded.

    A fence without a language, or of plain text, is kept if its content reads as prose; one that
    is a directive of MyST, such as a note, without its options. Code that is removed leaves a
    break, because it ends a list before it.

    Examples
    --------
    >>> strip_fences("Rye.\\n```sh\\nrm -r oats\\n```\\nBarley.")
    'Rye.\\n\\n***\\n\\nBarley.'
    >>> strip_fences("```{note} Mind\\n:class: x\\n\\nRye.\\n```")
    '\\nMind\\n\\n\\nRye.\\n'
    """
    if not (has_mark(text, "```") or has_mark(text, "~~~") or has_mark(text, ":::")):
        return text
    return "\n".join(_Fences(code).read(text.split("\n")))


class _Fences:
    """One pass over the lines of a text; knows which fences are open."""

    def __init__(self, code: bool) -> None:
        self.code = code
        self.kept: list[str] = []
        self.open: list[str] = []
        """The fences of directives around the next line."""
        self.fence = self.language = ""
        """The fence of the code around the next line."""
        self.inside: list[str] = []
        self.at_options = ""
        """What lines of options may follow: those with colons, or those of YAML."""

    def read(self, lines: list[str]) -> list[str]:
        for line in lines:
            if self.at_options and self.is_option(line):
                continue
            fenced = "```" in line or "~~~" in line or ":::" in line  # faster than the expression
            mark = _FENCE.match(line) if fenced else None
            if self.fence:
                self.read_code(line, mark)
            elif mark is None:
                self.kept.append(line)
            elif self.open and mark[1].startswith(self.open[-1]) and not mark[2].strip():
                self.open.pop()
                self.kept.append("")
            elif not self.starts_directive(line, mark):
                self.starts_code(line, mark)
        return self.kept

    def is_option(self, line: str) -> bool:
        if self.at_options == "---":
            self.at_options = "" if line.strip() == "---" else "---"
            return True
        if line.strip() == "---":
            self.at_options = "---"
            return True
        if _OPTION.match(line):
            return True
        self.at_options = ""
        return False

    def starts_directive(self, line: str, mark: re.Match[str]) -> bool:
        found = _NAME.match(mark[2])
        if found is None or found[1].lower() in _DRAWN:
            return False
        if mark[1][0] != ":" and not contains_text(found[1]):
            return False
        lead = line[: mark.start(1)]
        self.open.append(mark[1])
        self.at_options = ":"
        self.kept += ["", lead + shown_argument(found[1], found[2].strip()), ""]
        return True

    def starts_code(self, line: str, mark: re.Match[str]) -> None:
        if "`" in mark[2] or (mark[1][0] == ":" and not _NAME.match(mark[2])):
            self.kept.append(line)
            return
        self.fence, self.language, self.inside = mark[1], mark[2].strip(), []
        lead = line[: mark.start(1)]
        if self.code and mark[1][0] != ":":
            self.kept.append(line)
        else:
            self.kept += [""] if lead.strip() else ["", f"{lead}***", ""]

    def read_code(self, line: str, mark: re.Match[str] | None) -> None:
        if mark and mark[1].startswith(self.fence) and not mark[2].strip():
            code = self.code and self.fence[0] != ":"
            self.fence = ""
            if code:
                self.kept.append(line)
            elif is_plain_text(self.language) and reads_as_prose("\n".join(self.inside)):
                self.kept += self.inside
        elif self.code and self.fence[0] != ":":
            self.kept.append(line.translate(_SHIELD))
        else:
            self.inside.append(line)


def break_at_comments(text: str) -> str:
    """Return a text with a break for each HTML comment on lines of its own.

    Such a comment ends a paragraph and, at the margin, a list: authors use it for that.

    Examples
    --------
    >>> break_at_comments("1. Rye\\n\\n<!-- -->\\n\\n    sow(rye)")
    '1. Rye\\n\\n\\n***\\n\\n\\n    sow(rye)'
    """
    return _COMMENT_LINES.sub(r"\n\1***\n", text) if has_mark(text, "<!--") else text


def shield_code_spans(text: str) -> str:
    """Return a text without brackets in inline code that a later step could take for syntax.

    Examples
    --------
    >>> "<" in shield_code_spans("the `<script>` tag")
    False
    """
    if "`" not in text:
        return text
    breaks = _BLANK.split(text)
    return "\n\n".join(_shield_paragraph(part) if "`" in part else part for part in breaks)


def strip_mdx(text: str) -> str:
    """Return a text without the imports, exports and comments of MDX.

    Examples
    --------
    >>> strip_mdx("import Chart from './chart'\\n\\nImport duties rise.").strip()
    'Import duties rise.'
    """
    if _starts_line("import", text):
        text = _MDX_MULTILINE.sub("", _MDX_IMPORT.sub("", text))
    if _starts_line("export", text):
        text = _strip_exports(text)
    return drop_spans(text, _JSX_COMMENT, lambda _: r"\*/\s{0,20}\}") if "{" in text else text


def strip_myst(text: str) -> str:
    """Return a text without the targets, breaks and comments of MyST.

    At the top of a text without a heading of the first level, a comment is the title of a manual
    page; it is kept.

    Examples
    --------
    >>> strip_myst("% Not yet.\\n\\n(rye)=\\n# Rye").strip()
    '# Rye'
    """
    if "=" in text and ")=\n" in text:
        text = _TARGET.sub("", text)
    if has_mark(text, "+++"):
        text = _BLOCK_BREAK.sub("", text)
    if "%" in text and ("\n\n% " in text or text.startswith("% ")):
        first = int(text.startswith("% ") and "\n# " not in text)
        text = text[:first] + _COMMENT_PARAGRAPH.sub("", text[first:])
    return text


def unwrap_admonitions(text: str) -> str:
    """Return a text with ``!!! note`` and ``=== "Tab"`` blocks moved to the margin.

    Examples
    --------
    >>> unwrap_admonitions('!!! note "Mind"\\n    Rye is early.\\nOats are late.')
    '\\nRye is early.\\nOats are late.'
    """
    if not (has_mark(text, "!!!") or has_mark(text, "???") or has_mark(text, "===")):
        return text
    kept: list[str] = []
    depth = 0
    for raw in text.split("\n"):
        line = raw.expandtabs(4) if depth else raw
        indent = len(line) - len(line.lstrip(" "))
        if line.strip():
            depth = min(depth, indent // 4)
        line = line[min(indent, 4 * depth) :]
        marked = depth < 50 and _ADMONITION.match(line)
        depth += bool(marked)
        kept.append("" if marked else line)
    return "\n".join(kept)


def strip_marks(text: str) -> str:
    """Return a text without attributes, footnote marks, directives, includes and emoji names.

    Examples
    --------
    >>> strip_marks("## Rye {#rye}\\n\\nEarly[^1] :tada:\\n\\n::: tip\\nSow.\\n:::").split()
    ['##', 'Rye', 'Early', 'Sow.']
    """
    if ":::" in text or "///" in text:
        text = _DIRECTIVE.sub("", text)
    if ":" in text:
        text = _EMOJI.sub("", text)
    if (
        has_mark(text, "{!")
        or has_mark(text, "{*")
        or ("<" in text and ("8<" in text or "<<<" in text))
    ):
        text = _INCLUDE.sub("", text)
    if "{" in text:
        text = _ATTRIBUTES.sub("", text)
    text = strip_signs(text)
    if "]:" in text:
        text = _IN_ANGLES.sub(r"]: \1", text)  # which are no tag
        text = _DEFINITION.sub("\n\n", text)  # after a line of prose it would be prose
    if "^" in text and "[^" in text:
        text = _FOOTNOTE.sub("", text)
    if "[" in text:
        if has_mark(text, "${") or _NAMED_CONTENTS.search(text):
            text = _CONTENTS.sub("", text)
        if "!" in text and "[!" in text:
            text = _ALERT.sub(r"\1", text)
        text = strip_shortcodes(drop_spans(text, _CAPTION, lambda tag: rf"\[/{tag[1]}\]"))
    return text


def strip_signs(text: str) -> str:
    """Return a text without the brackets of wiki links and the signs around marked words.

    Of a wiki link with another text, that text is kept.

    Examples
    --------
    >>> strip_signs("Sow [[rye]] and [[oats|the oats]] ==early==, not where a == b.")
    'Sow rye and the oats early, not where a == b.'
    """
    if has_mark(text, "[["):
        text = _EMBEDDED.sub("", text)
        text = _WIKI_LINK.sub(lambda link: link[2] or link[1], text)
    if has_mark(text, "=="):
        text = _HIGHLIGHT.sub(r"\1", text)
    return text


def _strip_exports(text: str) -> str:
    """Remove each export: up to a blank line at which its brackets are closed."""
    kept: list[str] = []
    position = 0
    while found := _MDX_EXPORT.search(text, position):
        start, end = found.span()
        kept.append(text[position:start])
        position = end
        opened = _opened(text[start:end])
        while opened > 0 and end - start < _LONGEST_EXPORT and end < len(text):
            after = _BLANK.search(text, end + 1)
            last, end = end, after.start() if after else len(text)
            if _EXPORT_BELOW.match(text, last):
                break
            opened += _opened(text[last:end])
        if opened == 0:
            position = end
    return "".join([*kept, text[position:]])


def _opened(code: str) -> int:
    return sum(map(code.count, "{[(")) - sum(map(code.count, ")]}"))


def _starts_line(word: str, text: str) -> bool:
    return f"\n{word}" in text or text.startswith(word)


def _shield_paragraph(text: str) -> str:
    """Shield the text between backtick runs of equal length: CommonMark's code spans."""
    runs = list(_TICKS.finditer(text))
    following: dict[int, int] = {}
    closers = [-1] * len(runs)
    for number in range(len(runs) - 1, -1, -1):
        length = len(runs[number][0])
        closers[number] = following.get(length, -1)
        following[length] = number
    kept: list[str] = []
    position = number = 0
    while number < len(runs):
        closer = closers[number]
        if closer < 0:
            number += 1
            continue
        start, stop = runs[number].end(), runs[closer].start()
        span = _RAW_TAG.sub("", text[start:stop])
        role = _ROLE.search(text, position, start)
        if role:
            shown = role_text(role[1], span)
            kept.append(text[position : role.start()])
            if shown:
                kept += [role[2], shown.translate(_SHIELD), role[2]]
            position, number = runs[closer].end(), closer + 1
            continue
        if "#!" in span:
            span = _SHEBANG.sub("", span, count=1) if _SHEBANG.match(span) else span
        kept += [text[position:start], span.translate(_SHIELD)]
        position, number = stop, closer + 1
    return "".join([*kept, text[position:]])
