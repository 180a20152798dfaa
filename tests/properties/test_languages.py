"""Names and codes of languages: one code each, whatever the case, the region or the spelling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.text.languages import base_language, is_language, language_hint
from recommender.text.terms import SNOWBALL, Analyzer, stop_word_languages, tokenize

CODES = sorted({*SNOWBALL, *stop_word_languages()})
WORDS = st.lists(st.text("abcdefäöüßéèñçşğ'-", min_size=1, max_size=9), max_size=8)


@given(st.text(max_size=12))
def test_code_of_a_code_is_itself(tag: str) -> None:
    """Whatever the text, what comes out is a code or nothing, and stays as it is."""
    code = base_language(tag)
    assert base_language(code) == code
    assert code == code.lower().strip()
    assert is_language(tag) <= bool(code)
    assert language_hint(tag)


@given(st.sampled_from(CODES), st.sampled_from(["", "AT", "br", "Latn", "Cyrl-RS", "419"]),
       st.sampled_from("-_"), st.booleans())  # fmt: skip
def test_region_script_and_case_do_not_matter(
    code: str, region: str, sign: str, upper: bool
) -> None:
    """A tag is its language; Chinese alone differs by its script."""
    tag = f"{code}{sign}{region}" if region else code
    assert base_language(tag.upper() if upper else f" {tag} ") == code


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("zh-TW", "zh-tw"), ("zh_HK", "zh-tw"), ("zh-Hant", "zh-tw"), ("zh-Hans-CN", "zh"),
        ("中文", "zh"), ("繁體中文", "zh-tw"), ("Deutsch", "de"), ("ESPAÑOL", "es"), ("日本語",
        "ja"),
        ("english (uk)", "en"), ("nb-NO", "no"), ("nn", "no"), ("ger", "de"), ("deu", "de"),
        ("iw", "he"), ("in", "id"), ("und", ""), ("mul", ""), ("zxx", ""), ("blog", ""), ("e", ""),
        ("tlh", "tlh"), ("en us", "en"), ("--", ""), ("()", ""),
    ],
)  # fmt: skip
def test_names_codes_and_old_codes(tag: str, code: str) -> None:
    """In the language itself, in English, by two letters or three; what is none is nothing."""
    assert base_language(tag) == code


@given(st.sampled_from(CODES), WORDS, st.booleans(), st.booleans())
def test_terms_are_one_for_each_word(
    code: str, words: list[str], stop_words: bool, stemming: bool
) -> None:
    """In their order, and each for itself, so that a word may be judged once for all texts."""
    analyzer = Analyzer(stop_words=stop_words, stemming=stemming)
    tokens = tokenize(" ".join(words))
    found = analyzer.terms(tokens, code)
    assert found == [analyzer.terms([token], code)[0] for token in tokens]
    if not stemming:
        kept = [(token, term) for token, term in zip(tokens, found, strict=True) if term]
        assert all(term == token.replace("-", "") for token, term in kept)
    if not stop_words and not stemming:
        assert all(term or len(token) == 1 for token, term in zip(tokens, found, strict=True))
