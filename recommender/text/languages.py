"""Names and codes of languages: one table for front matter, columns and the setting.

A code is the first part of a BCP 47 tag in lower case, except ``zh-tw`` for Chinese in traditional
characters. `terms` defines which languages have stop words and a stemmer.
"""

from __future__ import annotations

import re
from functools import cache

from recommender.errors import did_you_mean

NO_LANGUAGE = ""
"""The language of a text without a detected language."""

_NAMES = """
aa afar|ab abkhazian abk|af afrikaans afr|ak akan|am amharic amh|an aragonese|ar arabic العربية ara
as assamese|ast asturian asturianu|av avaric|ay aymara|az azerbaijani azərbaycanca aze
ba bashkir|be belarusian беларуская bel|bg bulgarian български bul|bi bislama|bm bambara
bn bengali বাংলা bangla ben|bo tibetan|br breton brezhoneg|bs bosnian bosanski bos|ca catalan català
ce chechen|ceb cebuano|ch chamorro|ckb sorani|co corsican|cr cree|cs czech čeština cze ces
cu slavonic|cv chuvash|cy welsh cymraeg wel|da danish dansk dan|de german deutsch ger deu
dsb sorbian|dv divehi|dz dzongkha|ee ewe|el greek ελληνικά gre ell|en english eng|eo esperanto epo
es spanish español castellano spa|et estonian eesti est|eu basque euskara eus baq
fa persian farsi فارسی fas per|ff fulah|fi finnish suomi fin|fil filipino tagalog tl
fj fijian|fo faroese føroyskt|fr french français fra fre|fy frisian frysk|ga irish gaeilge gle
gd gaelic|gl galician galego glg|gn guarani|gsw alemannic|gu gujarati ગુજરાતી guj|gv manx|ha hausa
haw hawaiian|he hebrew עברית heb iw|hi hindi हिन्दी hin|ho motu|hr croatian hrvatski hrv
hsb sorbian|ht haitian|hu hungarian magyar hun|hy armenian հայերեն hye arm|hz herero|ia interlingua
id indonesian bahasa ind in|ie interlingue|ig igbo|ii yi|ik inupiaq|io ido|is icelandic íslenska isl
it italian italiano ita|iu inuktitut|ja japanese 日本語 jpn|jv javanese|ka georgian ქართული kat geo
kg kongo|ki kikuyu|kj kuanyama|kk kazakh қазақ kaz|kl greenlandic|km khmer ខ្មែរ khm
kn kannada ಕನ್ನಡ kan|ko korean 한국어 kor|kr kanuri|ks kashmiri|ku kurdish kurdî kur|kv komi
kw cornish|ky kyrgyz kir|la latin lat|lb luxembourgish ltz|lg ganda|li limburgish|ln lingala
lo lao ລາວ|lt lithuanian lietuvių lit|lu luba|lv latvian latviešu lav|mg malagasy|mh marshallese
mi maori māori|mk macedonian македонски mkd|ml malayalam മലയാളം mal|mn mongolian монгол mon
mr marathi मराठी mar|ms malay melayu msa may|mt maltese mlt|my burmese မြန်မာ mya bur|na nauru
nds saxon|ne nepali नेपाली nep|ng ndonga|nl dutch nederlands flemish nld dut
no norwegian norsk bokmål bokmal nynorsk nb nn nor nob nno|nr ndebele|nv navajo|ny chichewa nyanja
oc occitan|oj ojibwa|om oromo|or odia oriya|os ossetian|pa punjabi panjabi ਪੰਜਾਬੀ pan|pi pali
pl polish polski pol|ps pashto|pt portuguese português por|qu quechua|rm romansh|rn rundi
ro romanian română moldovan ron rum mo|ru russian русский rus|rw kinyarwanda|sa sanskrit
sc sardinian|scn sicilian|sd sindhi|se sami|sg sango|si sinhala sinhalese සිංහල sin
sk slovak slovenčina slk slo
sl slovenian slovene slovenščina slv|sm samoan|sn shona|so somali|sq albanian shqip sqi alb
sr serbian српски srpski srp|ss swati|st sotho|su sundanese|sv swedish svenska swe
sw swahili kiswahili|szl silesian|ta tamil தமிழ் tam
te telugu తెలుగు tel|tg tajik|th thai ไทย tha|ti tigrinya|tk turkmen
tn tswana|to tonga|tr turkish türkçe tur|ts tsonga|tt tatar|tw twi|ty tahitian|ug uyghur
uk ukrainian українська ukr|ur urdu اردو urd|uz uzbek oʻzbek uzb|ve venda|vec venetian
vi vietnamese vie|vo volapük|wa walloon|wo wolof|xh xhosa|yi yiddish|yo yoruba|yue cantonese
za zhuang|zh chinese mandarin 中文 汉语 简体中文 zho chi cmn|zh-tw 繁體中文|zu zulu
"""

_TRADITIONAL = frozenset({"tw", "hk", "mo", "hant"})
_CODE = re.compile(r"[a-z]{3}(?:-[a-z0-9]{1,8})*")


@cache
def _codes() -> dict[str, str]:
    """Return each name and code to the code."""
    found: dict[str, str] = {}
    for entry in re.split(r"[|\n]", _NAMES.strip()):
        code, *names = entry.split()
        found |= dict.fromkeys((code, *names), code)
    return found


@cache
def base_language(tag: str) -> str:
    """Return the code of a language, from its name or a tag with or without script and region.

    Parameters
    ----------
    tag : str
        For example ``en``, ``pt-BR``, ``zh_TW``, ``English`` or ``Deutsch``, in any case.

    Returns
    -------
    str
        Lower-case code; both written forms of Norwegian are ``no``. A three-letter code that is
        not in the table is kept. Empty if the tag is not a language, such as ``und``.

    Examples
    --------
    >>> base_language("pt-BR"), base_language("English"), base_language("nb"), base_language("")
    ('pt', 'en', 'no', '')
    >>> base_language("zh_CN"), base_language("zh-Hant-HK"), base_language("blog")
    ('zh', 'zh-tw', '')
    """
    name = tag.strip().lower().replace("_", "-")
    first, *rest = re.split(r"[-\s(]+", name)
    code = _codes().get(name) or _codes().get(first)
    if code == "zh" and not _TRADITIONAL.isdisjoint(rest):
        return "zh-tw"
    if code is None and first not in ("und", "mul", "zxx", "mis") and _CODE.fullmatch(name):
        return first
    return code or NO_LANGUAGE


def is_language(name: str) -> bool:
    """Return whether a name or tag belongs to a language in the table.

    Examples
    --------
    >>> is_language("english"), is_language("de-AT"), is_language("klingon")
    (True, True, False)
    """
    return base_language(name) in _codes()


def language_hint(name: str) -> str:
    """Return a hint for an unknown name of a language.

    Examples
    --------
    >>> language_hint("swedisch")
    'did you mean swedish or welsh?'
    """
    return did_you_mean(name.lower(), _codes()) or "write a code such as en, or a name"
