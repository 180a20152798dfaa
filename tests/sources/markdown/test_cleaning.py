"""Cleaning removes each dialect's syntax and keeps the words of the article."""

from __future__ import annotations

import pytest

from recommender.sources.markdown.document import read_document, read_line, read_title


@pytest.mark.parametrize(
    ("markdown", "words"),
    [
        ('{{< figure src="a.png" caption="Rye field" >}}Sow.', "Sow."),
        ('{{% note "Mind" %}}Sow.{{% /note %}}', "Sow."),
        ("{{< highlight go >}}x := 1{{< /highlight >}}Sow.", "Sow."),
        ("{% for a in\n b %}Sow.{% endfor %} {{ a | url }}{# no #}", "Sow."),
        ("{% highlight js %}let x{% endhighlight %}Sow.", "Sow."),
        ("{% macro m(a) %}card{% endmacro %}{% set x = 1 %}Sow.", "Sow."),
        ("`{% raw %}{{{% endraw %}` sow.", "{{ sow."),
        ("import Chart from './c'\nexport const a = {\n  b: 1\n}\n\nSow.", "Sow."),
        (
            'Sow.\n\n<Chart data={[{a: 1}]} onClick={() => {go()}} title="x">early</Chart>',
            "Sow. early",
        ),
        ("{/* not now */}Sow.", "Sow."),
        (
            "export const a = {\n  b: [1],\n\n  c: (2)\n};\n\nSow.\n\nexport let d = {\n\nEarly.",
            "Sow. Early.",
        ),
        ("<Fix rows={[{ text: 'sow() {' }, { text: \"it's }\" }]} />\n\nSow.", "Sow."),
        ("Sow [[rye]], [[oats#late|the oats]]![[a.png]], `[[x]]`.", "Sow rye, the oats, [[x]]."),
        (
            "Sow ==early==, where `==` is `a ==b==`, a == b[[^1]].",
            "Sow early, where == is a ==b==, a == b",
        ),
        ("![x](a.png){ width=3 .y } Sow [it](b){width=50%}.", "Sow it."),
        ("<<< @/rye.js#region{2,4}\n\nSow.", "Sow."),
        ("> \\[!NOTE]\n> Sow.", "Sow."),
        (
            "[PEP 5][], [Rye][rye], [Oats][the-oats], G[u][v].",
            "PEP 5, Rye, [Oats][the-oats], G[u][v].",
        ),
        (
            'Sow [rye][a] and [b].\n\n[a]: {{< ref "x/y" >}}\n[b]: <https://example.org/b>',
            "Sow rye and b.",
        ),
        ("<Table rows={[{a: {b: [{c: {d: [{e: 'f'}]}}]}}]}\n/>\n\nSow.", "Sow."),
        (
            "<Options\n  rows={[\n    {\n      name: 'rye',\n      type: '{ a: b }',\n"
            "      description:\n        'Sow it\\'s early.',\n    },\n  ]}\n/>\n\n"
            "<Card description='no'>Late</Card>",
            "Sow it's early. Late",
        ),
        (
            "Sow `#!py rye()` under `#!/bin/sh` and `#!html`.",
            "Sow rye() under #!/bin/sh and #!html.",
        ),
        ("::: tip\nSow.\n:::", "Sow."),
        ("```{note} Mind\n:class: x\n\nSow.\n```\nEarly.", "Mind Sow. Early."),
        ("```{admonition} Mind\n---\nclass: x\n---\nSow.\n```", "Mind Sow."),
        (
            "````{tab-set}\n```{tab-item} Field\nSow.\n```\n```py\nx\n```\n````\nEarly.",
            "Field Sow. Early.",
        ),
        (
            "```{versionadded} 3.2 Now early.\n```\n~~~{py:function} sow(rye)\nSow.\n~~~",
            "Now early. sow Sow.",
        ),
        ("```{r setup, echo=FALSE}\nx\n```\n```{python}\nx\n```\nSow.", "Sow."),
        ("```{toctree}\nrye\n```\n:::{figure} a.png\n:alt: x\n\nRye.\n:::\nSow.", "Sow."),
        (
            "::::{grid} 2\n:gutter: 3\n:::{grid-item-card} Rye\n:link: rye\n\nSow.\n:::\n::::\n"
            "Early.",
            "Rye Sow. Early.",
        ),
        ("::: {.callout-note}\nSow.\n:::\n\n:::note[Mind]\nEarly.\n:::", "Sow. Early."),
        (
            '% Not yet.\n\n(rye)=\n# Rye\n\n+++ {"a": 1}\n\n% Nor\n% now.\n\n5\n% of it.',
            "Rye 5 % of it.",
        ),
        ("% rye 1\n\n## NAME", "% rye 1 NAME"),
        (
            "{ref}`rye`, {term}`the rye <rye>` and {py:func}`~farm.sow`, `{ref}` alone: "
            "`` {ref}`x` ``.",
            ", the rye and sow, {ref} alone: {ref}`x`.",
        ),
        ("/// tip | Mind\n\nSow.\n\n///", "Sow."),
        ("Sow. { #rye }\n\n![x](a.png){ width='300' } early", "Sow. early"),
        ("Sow.\n[ref]:https://example.org/a\n[b]: /b/ 'B'\n\n[Early][ref].", "Sow. Early."),
        (r"Sow $\alpha_1 + \beta$ early, $$\sum_i x_i$$ at $5 or $10.", "Sow early, at $5 or $10."),
        (r"Sow \\(a_b\\) \\[ x^2 \\] at $HOME/$PATH (\(early\))", "Sow at $HOME/$PATH ((early))"),
        ("\\begin{align}\nx &= y\n\\end{align}\n\nSow.", "Sow."),
        ("Sow \\[sic\\].", "Sow [sic]."),
        ("Sow `$x$` and `{ #id }`", "Sow $x$ and { #id }"),
        ('!!! note "Mind"\n    Sow.\n\n    Early.\n', "Sow. Early."),
        ("> [!NOTE]\n> Sow.", "Sow."),
        (
            "{! ../../field.py [ln:1-3] !}\n\nSow.\n\n{* ../field.py hl[3:5,8] *}\nEarly.",
            "Sow. Early.",
        ),
        ('--8<-- "field.md:2:9"\n\nSow.\n\n-8<-\na.md\n; b.md\n-8<-\n\nEarly.', "Sow. Early."),
        ("{*Sow*}\n{! `{! a.md !}`\n8<- early", "{Sow} {! {! a.md !} 8<- early"),
        ("<!-- no\n\nno -->Sow.<!--more-->", "Sow."),
        ("<div>\n\n    <p>Sow.</p>\n\n    early\n</div>", "Sow. early"),
        ("<script>var x;</script><style>a{}</style><svg><path d='x'/></svg>Sow.", "Sow."),
        ("<td>Sow</td><td>early</td>", "Sow early"),
        ("bo<b>ld</b>ly", "boldly"),
        ("## Sow {#sow .x}\n{: .lead}\n[TOC]", "Sow"),
        ("Sow[^1].\n\n[^1]: Early.", "Sow. Early."),
        ('[caption id="a"]<img src="x"> Rye field[/caption]Sow.', "Sow."),
        ("Sow :tada: at 10:30:45.", "Sow at 10:30:45."),
        ("```sh\nrm -r <b> {{ x\n```\nSow.", "Sow."),
        ("Sow.\n\n    rm -r x; ls $y\n", "Sow."),
        ("![alt text](rye.jpg) Sow.", "Sow."),
        ("Sow, see https://example.org/a?b=c, (www.example.org).", "Sow, see ,."),
        ("Sow&nbsp;early &amp; deep&#8217;s &amp;lt;", "Sow early & deep’s <"),
        ("the `<script>` tag and `std::vector`", "the <script> tag and std::vector"),
        ("|a|b|\n|-|-|\n|c|~~d~~|", "a b c d"),
        ("An unclosed {{ brace, <b tag and <!-- comment stay.", "An unclosed {{ brace, <b tag and"),
    ],
)
def test_syntax_goes_and_words_stay(markdown: str, words: str) -> None:
    """No template, tag, directive, address or code is left among the words."""
    assert " ".join(read_document(markdown).text.split()).startswith(words)


@pytest.mark.parametrize("between", ["<!-- -->", "<!-- the list\nends -->", "``` r\nsow(1)\n```"])
def test_code_after_a_list_is_code_whatever_stands_between(between: str) -> None:
    """A comment and a block of code end a list, although they are not text."""
    markdown = f"1.  Sow.\n\n{between}\n\n    # Row 1\n    rake(2)\n\nEarly."
    assert read_document(markdown).text.split() == ["Sow.", "Early."]


def test_code_and_comments_in_an_item_do_not_end_its_list() -> None:
    """Text that is indented like an item's text is part of it, before and after cleaning."""
    markdown = "1.  Sow.\n\n    ```\n    x = 1\n    ```\n\n    <!-- no -->\n\n    Early.\n"
    assert read_document(markdown).text.split() == ["Sow.", "Early."]


def test_directives_are_read_where_code_stays() -> None:
    """A note is no code, and a drawing is none either."""
    text = "```{note}\n:class: x\nSow `{x}`.\n```\n:::{toctree}\nrye\n:::\n```{code-cell}\nx()\n```"
    assert read_document(text, code=True).text == "Sow {x}.\n\nx()"


def test_code_stays_if_it_is_asked_for() -> None:
    """With `code`, fenced and preformatted code is text, its brackets untouched."""
    assert "vector<int> {{x}}" in read_document("```\nvector<int> {{x}}\n```", code=True).text


def test_prose_indented_under_a_list_is_text() -> None:
    """A paragraph set in too far under a list is prose, not code."""
    prose = "The rye was sown early this year, before the first frost came."
    assert prose in read_document(f"1. One\n\n      - Two\n\nEnd.\n\n    {prose}\n").text


@pytest.mark.parametrize(("language", "kept"), [("", True), ("text", True), ("sh", False)])
def test_a_fence_of_plain_text_is_read_if_it_is_prose(language: str, kept: bool) -> None:
    """A quotation in a fence is the article's; a session with its prompts is code."""
    prose = "The rye was sown early this year, before the first frost came."
    assert (prose in read_document(f"Rye.\n\n```{language}\n{prose}\n```\n").text) == kept
    assert read_document(f"Rye.\n\n```{language}\n$ sow rye\n{prose}\n```\n").text == "Rye."


def test_links_are_kept_as_written() -> None:
    """Markdown, reference, HTML, template and autolinks are listed once each, raw."""
    markdown = (
        '[a](/a b) [b](../b.md#x) [c]({{< ref "c.md" >}}) [d]({{ site.u }}/d/) [e][r] '
        '<a class="x" href="/f">f</a> <https://example.org/g> [b](../b.md#x)\n\n[r]: /e "E"\n'
    )
    links = ["../b.md#x", "c.md", "/d/", "/e", "/f", "https://example.org/g"]
    assert read_document(markdown).links == links


def test_headings_are_listed_and_stay_in_the_text() -> None:
    """Headings of both styles are found, free of marks."""
    document = read_document("# *Rye* {#rye}\n\nSow.\n\nOats\n----\n")
    assert (document.headings, document.text) == (["Rye", "Oats"], "Rye\n\nSow.\n\nOats")


def test_title_loses_tags_and_entities_only() -> None:
    """Entities and inline tags are resolved; an angle bracket that is not a tag is kept."""
    assert read_title("Rye&#8217;s <em>year</em>: operator <=") == "Rye’s year: operator <="


def test_summary_becomes_one_plain_line() -> None:
    """A summary of HTML or Markdown is one line of text."""
    assert read_line("<p>**Rye**&mdash;\nsown [early](/x).</p>") == "Rye— sown early."


@pytest.mark.parametrize(
    "piece",
    ["[", "*a ", "{{", "{%", "{% highlight %}", "<a ", "<a '\"", "<!--", "`a``b", "[^a", "[caption",
     "> ", "a|", "!!! a\n    ", "<div>", "<script>", ":::\n", "import {"],
)  # fmt: skip
def test_hostile_text_is_read_to_the_end(piece: str) -> None:
    """Half a megabyte of one opener is read without an error and without looking back."""
    assert isinstance(read_document(piece * (500_000 // len(piece))).text, str)
