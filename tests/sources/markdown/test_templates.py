"""Templates in Markdown: tags go, the words between them stay, and nothing else changes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.sources.markdown.document import read_document, read_line, read_title
from recommender.sources.markdown.templates import MAX_TAG, strip_templates
from recommender.sources.wordpress.shortcodes import strip_wordpress

WORDS = st.lists(st.sampled_from(["Rye", "oats", "sown", "{x}", "100%", "a < b", "#1"]),
                 max_size=5).map(" ".join)  # fmt: skip
TAGS = st.sampled_from(
    ["{{< figure src='x' >}}", "{{% note %}}", "{{ page.title }}", "{% if a %}", "{% endif %}",
     "{# a comment #}", "{{< /note >}}", "{%- set x = 1 -%}", "{{- x -}}"]
)  # fmt: skip
BROKEN = st.lists(
    st.sampled_from(["{{", "}}", "{%", "%}", "{#", "#}", "{{<", ">}}", "{{%", "%}}", "raw",
    "endraw",
                     " ", "Rye", "[", "](", ")", '"', "highlight", "/", "\n", "set", "`", "~~~"]),
    max_size=15,
).map("".join)  # fmt: skip


@given(st.lists(st.tuples(WORDS, TAGS), max_size=6))
def test_words_between_tags_stay_in_order(parts: list[tuple[str, str]]) -> None:
    """Whatever tags are between them."""
    text = "".join(f"{words}\n{tag}\n" for words, tag in parts)
    expected = " ".join(words for words, _ in parts).split()
    assert strip_templates(text).split() == expected


@given(st.text(max_size=60).filter(lambda text: not re.search(r"\{[{%#]", text)))
def test_text_without_tags_is_left_as_it_is(text: str) -> None:
    """Single braces, percent signs and hashes are text."""
    assert strip_templates(text) == text


@given(BROKEN)
def test_any_text_is_read_to_its_end(text: str) -> None:
    """Openers without closers and closers without openers are text."""
    assert isinstance(strip_templates(text), str)
    assert isinstance(strip_wordpress(text), str)
    document = read_document(text)
    for line in (line for block in document.blocks for line in block.text.split("\n")):
        assert line == " ".join(line.split()) != ""
    assert read_line(text) == " ".join(read_line(text).split())


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("{{< note >}}Rye{{< /note >}}", "Rye"),
        ('{{< figure caption="Oats" >}}Rye', "Rye"),
        ("{{< highlight go >}}x := 1{{< /highlight >}}Rye", "Rye"),
        ("{{% code %}}x{{% /code %}}Rye", "Rye"),
        ("{% highlight ruby %}x{% endhighlight %}Rye", "Rye"),
        ("{%- comment -%}x{%- endcomment -%}Rye", "Rye"),
        ("{% comment %}never closed, Rye", "never closed, Rye"),
        ("{% set x = 1 %}Rye{% endset %}", "Rye"),
        ("{% set x %}hidden{% endset %}Rye", "Rye"),
        ("{% macro a() %}hidden{% endmacro %}Rye", "Rye"),
        ("{% raw %}{{ Rye }}{% endraw %}", "Rye"),
        ("{% verbatim %}{% oats %}{% endverbatim %}", "oats"),
        ("{% raw %}Rye, never closed", "Rye, never closed"),
        ("{# a comment #}Rye", "Rye"),
        ("## Rye {#sowing}", "## Rye"),
        ("{{ x", "{{ x"),
        ("{% x", "{% x"),
        ("Rye{{ x }}oats", "Rye oats"),
        ("({{ x }})", "()"),
        ("[rye]({{< ref 'rye.md' >}})", "[rye](rye.md)"),
        ('[rye]({{< relref "rye.md#sow" >}})', "[rye](rye.md#sow)"),
        ("[rye]({% post_url 2024-03-01-rye %})", "[rye](2024-03-01-rye)"),
        ("[rye]({% link _posts/rye.md %})", "[rye](_posts/rye.md)"),
        ("[rye]({{ site.url }}/rye/)", "[rye](/rye/)"),
        ('<a href="{{ "/rye/" | url }}">', '<a href="/rye/">'),
        ("<a href='{{ x }}'>", "<a href=''>"),
    ],
)
def test_tag_is_removed_or_replaced(text: str, kept: str) -> None:
    """Code and comments go whole; a link keeps the address that its tag names."""
    assert strip_templates(text).strip() == kept


@pytest.mark.parametrize("length", [10, MAX_TAG - 10, MAX_TAG + 10])
def test_a_closer_far_away_closes_nothing(length: int) -> None:
    """Two braces in prose do not swallow the pages after them."""
    text = f"{{{{ {'x' * length} }}}} Rye"
    assert ("x" in strip_templates(text)) == (length > MAX_TAG - 8)


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        ("Rye [sic]", "Rye [sic]"), ("[1] Rye", "[1] Rye"), ("[gallery ids='1']Rye", "Rye"),
        ("[su_note color='red']Rye[/su_note]", "Rye"), ("[note]Rye[/note]", "Rye"),
        ("[caption]Photo[/caption]Rye", "Rye"), ("[code]x = [1][/code]Rye", "Rye"),
        ("[[gallery]]", "[gallery]"), ("[rye](/rye/)", "[rye](/rye/)"), ("[toc]Rye", "Rye"),
        ("[contact-form-7 id='1' title='a]b']Rye", "Rye"), ("[a b c] Rye", "[a b c] Rye"),
        ("[my-widget]Rye", "Rye"), ("[My-Widget] Rye", "[My-Widget] Rye"), ("[x/]Rye", "[x/]Rye"),
        ("[vc_row][vc_column]Rye[/vc_column][/vc_row]", "Rye"), ("[br /]Rye", "Rye"),
        ("<!-- wp:code --><pre>x</pre><!-- /wp:code -->Rye", "Rye"),
        ("<!-- wp:latest-posts {\"a\":1} /-->Rye", "Rye"),
        ("<!-- wp:code --> never closed Rye", "<!-- wp:code --> never closed Rye"),
        ("<!-- wp:jetpack/form --><p>x</p><!-- /wp:jetpack/form -->Rye", "Rye"),
        ("<!-- more -->Rye", "<!-- more -->Rye"),
    ],
)  # fmt: skip
def test_shortcodes_of_wordpress(content: str, kept: str) -> None:
    """By name, attribute or closing tag; a word in brackets is a word."""
    assert strip_wordpress(content).strip() == kept


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Rye &amp; oats", "Rye & oats"), ("<em>Rye</em>", "Rye"), ("a < b", "a < b"), ("<=", "<="),
        ("List<T>", "List<T>"), ("Rye\n oats", "Rye oats"), ("**Rye**", "**Rye**"), ("", ""),
        ("<img src=x onerror=y>Rye", "Rye"), ("&lt;b&gt;", "<b>"),
    ],
)  # fmt: skip
def test_title_loses_tags_that_a_headline_may_hold(title: str, text: str) -> None:
    """Other angle brackets are signs of its author; Markdown in a title is text."""
    assert read_title(title) == text
