"""Text to terms: words of many scripts, stop words, stems, languages."""

from __future__ import annotations

import unicodedata

import pytest

from recommender.text.languages import base_language
from recommender.text.terms import (
    SNOWBALL,
    Analyzer,
    Lexicon,
    detect_languages,
    stop_word_languages,
    stop_words_of,
    tokenize,
)

SENTENCES = {
    "cs": "Včera jsme se dozvěděli, že most přes řeku bude do jara opraven a že na to není dost.",
    "da": "Det er ikke nogen hemmelighed, at jeg har boet ved havnen, siden vi blev gift, kun du.",
    "de": "Die Brücke über den Fluss ist seit gestern für alle offen, aber das Geld fehlt noch.",
    "en": "The bridge over the river has been open to all of us, but there is no money for more.",
    "es": "El puente sobre el río está abierto para todos desde ayer, pero no hay dinero.",
    "fi": "Silta on ollut avoinna eilisestä, mutta kaupungilla ei ole rahaa tunneliin, joka oli.",
    "fr": "Le pont sur la rivière est ouvert à tous depuis hier, mais il n'y a pas d'argent.",
    "hu": "A híd tegnap óta nyitva áll, de nincs pénz az alagútra, amelyet már megígértek, és ez.",
    "id": "Jembatan di atas sungai itu sudah dibuka untuk semua orang, tetapi tidak ada uang.",
    "it": "Il ponte sul fiume è aperto a tutti da ieri, ma non ci sono i soldi per la galleria.",
    "nl": "De brug over de rivier is sinds gisteren voor iedereen open, maar er is geen geld.",
    "no": "Broen over elva har vært åpen siden i går, men det finnes ikke noe penger etter valget.",
    "pl": "Most nad rzeką jest otwarty dla wszystkich od wczoraj, ale nie ma pieniędzy na tunel.",
    "pt": "A ponte sobre o rio está aberta a todos desde ontem, mas não há dinheiro para o túnel.",
    "ro": "Podul peste râu este deschis pentru toți de ieri, dar nu sunt bani, care a fost promis.",
    "ru": "Мост через реку открыт для всех со вчерашнего дня, но у города денег так и не было.",
    "sv": "Bron över ån har varit öppen för alla sedan i går, men det finns inga pengar till den.",
    "tr": "Nehrin üzerindeki köprü herkese açık, ama söz verilen tünel için para yok ve bu konuda.",
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        (" .,;—… ", []),
        ("C++ and C# in 3.11, not 11,000.", ["c++", "and", "c#", "in", "3.11", "not", "11,000"]),
        ("An e-mail about the X-ray", ["an", "e-mail", "about", "the", "x-ray"]),
        ("state-of-the-art covid-19", ["state", "of", "the", "art", "covid", "19"]),
        ("don't L’État", ["don", "t", "l", "état"]),
        ("snake_case été_1", ["snake", "case", "été", "1"]),
        ("हिन्दी में लिखा", ["हिन्दी", "में", "लिखा"]),
        ("می‌خواهم", ["می‌خواهم"]),
        ("co\xadoperate", ["cooperate"]),
        ("東京都", ["東京", "京都"]),
        ("Python入門", ["python", "入門"]),
        ("海", ["海"]),
        ("ｶﾀｶﾅ ひらがな", ["ｶﾀ", "ﾀｶ", "ｶﾅ", "ひら", "らが", "がな"]),
        ("한국어", ["한국", "국어"]),
        ("ไทย", ["ไท", "ทย"]),
        ("Straße ŁÓDŹ", ["straße", "łódź"]),
        ("👩‍❤️‍👨 love 🎉", ["love"]),
    ],
)
def test_tokenize_cuts_words_of_every_script(text: str, words: list[str]) -> None:
    """Letters, marks and digits make words; scripts without spaces come in pairs."""
    assert tokenize(text) == words


@pytest.mark.parametrize("text", ["naïve café", "हिन्दी", "が ぱ", "Việt Nam"])
def test_tokenize_gives_one_form_for_equal_text(text: str) -> None:
    """Composed and decomposed characters give the same words."""
    assert tokenize(unicodedata.normalize("NFD", text)) == tokenize(text)


def test_tokenize_reads_ascii_the_same_beside_other_characters() -> None:
    """The short way for plain ASCII gives the words of the long one."""
    text = "a_b C++ e-mail x--y 3.11.2 1,2 #tag c#minor v2.0 o'clock --- 7% A-B-C"
    assert tokenize(f"{text} é") == [*tokenize(text), "é"]


@pytest.mark.parametrize("language", stop_word_languages())
def test_stop_words_are_words_that_tokenize_gives(language: str) -> None:
    """Every entry of a stop list can be met in a text."""
    assert [word for word in stop_words_of(language) if tokenize(word) != [word]] == []


def test_stop_lists_hold_no_content_words() -> None:
    """The lists are short, so that "computer" and "system" stay."""
    assert not {"computer", "system", "bill", "fire", "interest"} & stop_words_of("en")
    assert max(len(stop_words_of(language)) for language in stop_word_languages()) < 300


def told(text: str) -> str:
    lexicon = Lexicon()
    tokens = lexicon.read([text])
    return detect_languages(lexicon, tokens)[0]


def test_every_stop_list_is_tried_by_a_sentence() -> None:
    """A new stop list comes with a sentence here."""
    assert tuple(SENTENCES) == stop_word_languages()


@pytest.mark.parametrize("language", SENTENCES)
def test_language_is_told_from_one_sentence(language: str) -> None:
    """The function words of one sentence tell its language."""
    assert told(SENTENCES[language]) == language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("東京都の予算が決まった。", "ja"),
        ("今天天气很好,我们去公园。", "zh"),
        ("오늘 날씨가 좋다", "ko"),
        ("วันนี้อากาศดี", "th"),
        ("Σήμερα βρέχει", "el"),
        ("Ferry 42", ""),
        ("", ""),
    ],
)
def test_language_is_told_from_its_own_script(text: str, language: str) -> None:
    """A script that one language owns decides; too little text decides nothing."""
    assert told(text) == language


@pytest.mark.parametrize(
    ("tag", "language"),
    [("EN_us", "en"), (" de-AT ", "de"), ("nb-NO", "no"), ("nn", "no"), ("und", ""), ("", "")],
)
def test_base_language_is_the_first_part_of_the_tag(tag: str, language: str) -> None:
    """Region and script are removed; both Norwegians are one; undetermined is no language."""
    assert base_language(tag) == language


@pytest.mark.parametrize(
    ("words", "language", "term"),
    [
        ("harbour harbours harbour's", "en", "harbour"),
        ("Katzen Katze", "de", "katz"),
        ("лодка лодки", "ru", "лодк"),
        ("e-mail email", "en", "email"),
        ("c++", "en", "c++"),
    ],
)
def test_words_of_one_stem_are_one_term(words: str, language: str, term: str) -> None:
    """Inflected forms of a word, and both spellings of e-mail, meet in one term."""
    assert {*Analyzer().terms(tokenize(words), language)} - {""} == {term}


def test_terms_leave_out_stop_words_and_single_letters() -> None:
    """Function words of the article's language and single letters carry nothing."""
    analyzer = Analyzer()
    assert analyzer.terms(["the", "x", "die"], "en") == ["", "", "die"]
    assert analyzer.terms(["the", "海", "die"], "de") == ["the", "海", ""]


def test_terms_are_words_without_stop_words_and_stemming() -> None:
    """Both can be turned off."""
    plain = Analyzer(stop_words=False, stemming=False)
    assert plain.terms(["the", "harbours"], "en") == ["the", "harbours"]


@pytest.mark.parametrize("language", sorted(SNOWBALL))
def test_every_named_stemmer_exists(language: str) -> None:
    """Each language of the table has a stemmer that stems."""
    assert Analyzer().terms(["harbours"], language) != [""]


@pytest.mark.parametrize("language", ["", "tlh", "../en", "en/../de"])
def test_unknown_language_has_no_stop_words(language: str) -> None:
    """A language without a list has no stop words, and a path is not a language."""
    assert stop_words_of(language) == frozenset()
