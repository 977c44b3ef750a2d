r"""Text as the embedder and the duplicate key see it.

Everything here is decided by explicit code point tables. `str.lower`, `\w`, `\s` and `\b` follow the
Unicode version of the runtime, so two machines (or Python and JavaScript) would disagree about the
same text; NFKD follows it too, which is why the blocks that gained compatibility mappings after
Unicode 12 are left out of it (U+1CCD6 becomes ``A`` under Unicode 17 and stays itself under 14).
"""

import re
import unicodedata

CodePointRanges = tuple[tuple[int, int], ...]

# Blocks whose compatibility mappings are newer than Unicode 12, and lone surrogates.
UNSTABLE: CodePointRanges = (
    (0x32FF, 0x32FF),
    (0xA720, 0xA7FF),
    (0xAB30, 0xAB6F),
    (0xD800, 0xDFFF),
    (0x10000, 0x1D3FF),
    (0x1D800, 0x1F2FF),
    (0x1FB00, 0x1FBFF),
    (0x32400, 0x10FFFF),
)

# Marks that vary between spellings of one word, and characters without a shape: combining marks of
# Latin, Greek and Cyrillic, Hebrew points, Arabic vowel signs and tatweel, zero-width and
# bidirectional controls, variation selectors.
DELETED: CodePointRanges = (
    (0x00AD, 0x00AD),
    (0x0300, 0x036F),
    (0x0483, 0x0489),
    (0x0591, 0x05BD),
    (0x05BF, 0x05BF),
    (0x05C1, 0x05C2),
    (0x05C4, 0x05C5),
    (0x05C7, 0x05C7),
    (0x0610, 0x061A),
    (0x0640, 0x0640),
    (0x064B, 0x065F),
    (0x0670, 0x0670),
    (0x06D6, 0x06DC),
    (0x06DF, 0x06E8),
    (0x06EA, 0x06ED),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x2064),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
)

# Letters that NFKD keeps whole, and the quotation marks and dashes that editors swap in.
FOLDED: dict[int, str] = {
    0x00C6: "ae",
    0x00E6: "ae",
    0x0152: "oe",
    0x0153: "oe",
    0x00D8: "o",
    0x00F8: "o",
    0x00DF: "ss",
    0x1E9E: "ss",
    0x0110: "d",
    0x0111: "d",
    0x00D0: "d",
    0x00F0: "d",
    0x00DE: "th",
    0x00FE: "th",
    0x0141: "l",
    0x0142: "l",
    0x0131: "i",
    0x0126: "h",
    0x0127: "h",
    0x014A: "n",
    0x014B: "n",
    0x0166: "t",
    0x0167: "t",
    0x03C2: "\u03c3",
    0x2018: "'",
    0x2019: "'",
    0x201C: '"',
    0x201D: '"',
    0x2013: "-",
    0x2014: "-",
    0x2212: "-",
}

# (first capital, last capital, distance to the small letter): Greek, Cyrillic twice, Armenian.
CAPITALS: tuple[tuple[int, int, int], ...] = (
    (0x0391, 0x03A9, 32),
    (0x0410, 0x042F, 32),
    (0x0400, 0x040F, 80),
    (0x0531, 0x0556, 48),
)

# The zero of each set of digits that is read as 0-9: Arabic, Persian, Devanagari, Bengali.
DIGIT_ZEROS: tuple[int, ...] = (0x0660, 0x06F0, 0x0966, 0x09E6)

# Letters of scripts that put spaces between words, beyond a-z and 0-9.
SPACED_LETTERS: CodePointRanges = (
    (0x00E0, 0x00F6),
    (0x00F8, 0x02AF),
    (0x0370, 0x037D),
    (0x037F, 0x0386),
    (0x0388, 0x0481),
    (0x048A, 0x052F),
    (0x0531, 0x0587),
    (0x05D0, 0x05EA),
    (0x05EF, 0x05F2),
    (0x0620, 0x064A),
    (0x066E, 0x06D3),
    (0x06D5, 0x06D5),
    (0x06EE, 0x06FF),
    (0x0700, 0x07FF),
    (0x0900, 0x0963),
    (0x0966, 0x096F),
    (0x0971, 0x0DFF),
    (0x10A0, 0x13FF),
    (0x1800, 0x18AF),
    (0x1E00, 0x1FFF),
    (0xA640, 0xA69F),
    (0xAC00, 0xD7AF),
)

# Characters of scripts that put no spaces between words: Thai, Lao, Tibetan, Burmese, Khmer, Kana,
# Bopomofo, Han; and emoji.
UNSPACED_CHARACTERS: CodePointRanges = (
    (0x0E01, 0x0E3A),
    (0x0E40, 0x0E4E),
    (0x0E81, 0x0EFF),
    (0x0F40, 0x0FBC),
    (0x1000, 0x109F),
    (0x1780, 0x17D3),
    (0x3005, 0x3007),
    (0x3041, 0x309F),
    (0x30A1, 0x30FA),
    (0x30FC, 0x30FF),
    (0x3105, 0x312F),
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x1F300, 0x1FAFF),
    (0x20000, 0x323AF),
)

# White space that NFKD does not already turn into U+0020.
WHITE_SPACE: CodePointRanges = (
    (0x0009, 0x000D),
    (0x001C, 0x0020),
    (0x0085, 0x0085),
    (0x1680, 0x1680),
    (0x2028, 0x2029),
)

# White space that NFKD does turn into U+0020.
COMPATIBILITY_SPACE: CodePointRanges = (
    (0x00A0, 0x00A0),
    (0x2000, 0x200A),
    (0x202F, 0x202F),
    (0x205F, 0x205F),
    (0x3000, 0x3000),
)

# Units carry a first character that no word can hold, so words and units share one key space.
SINGLE_MARK = "\x01"
PAIR_MARK = "\x02"


def _class_body(ranges: CodePointRanges) -> str:
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)


def _fold_table() -> dict[int, str | None]:
    table: dict[int, str | None] = dict(FOLDED)
    for first, last, distance in CAPITALS:
        table.update({code: chr(code + distance) for code in range(first, last + 1)})
    for zero in DIGIT_ZEROS:
        table.update({zero + digit: chr(ord("0") + digit) for digit in range(10)})
    for first, last in DELETED:
        table.update(dict.fromkeys(range(first, last + 1)))
    return table


_FOLD_TABLE = _fold_table()
_LOWER_TABLE = {code: chr(code + 32) for code in range(ord("A"), ord("Z") + 1)}
_UNSTABLE = re.compile(f"[{_class_body(UNSTABLE)}]")
_UNSTABLE_RUN = re.compile(f"([{_class_body(UNSTABLE)}]+)")
_CAMEL_BORDER = re.compile("(?<=[a-z])(?=[A-Z])")
_ASCII_WORD = re.compile("[a-z0-9]+")
_WORD_OR_UNSPACED_RUN = re.compile(
    f"([a-z0-9{_class_body(SPACED_LETTERS)}]+)|([{_class_body(UNSPACED_CHARACTERS)}]+)"
)
_WHITE_SPACE_RUN = re.compile(f"[{_class_body(WHITE_SPACE)}]+")
_VISIBLE = re.compile(f"[^{_class_body(WHITE_SPACE + COMPATIBILITY_SPACE + DELETED)}]")


def is_blank(text: str) -> bool:
    """Return whether a text holds nothing but white space and characters without a shape."""
    return _VISIBLE.search(text) is None


def fold(text: str) -> str:
    """Return the text with compatibility forms, accents and look-alike letters folded away.

    ASCII text comes back unchanged. In other text the code points of `UNSTABLE` become spaces, NFKD is
    applied, `DELETED` is removed, and `FOLDED`, `CAPITALS` and `DIGIT_ZEROS` are replaced. The letters
    A-Z keep their case.

    >>> fold("Café Straße")
    'Cafe Strasse'
    """
    if text.isascii():
        return text
    return unicodedata.normalize("NFKD", _UNSTABLE.sub(" ", text)).translate(_FOLD_TABLE)


def words_and_units(text: str) -> tuple[list[str], list[str]]:
    r"""Return the words of a text in order, and the units of its runs without spaces.

    A word is a run of a-z, 0-9 and letters of spaced scripts; a capital after a small ASCII letter
    starts a new one. A run of unspaced characters gives each character behind `SINGLE_MARK` and then
    each pair of neighbours behind `PAIR_MARK`. Words are folded and lower-case.

    >>> words_and_units("getUserName of 图书馆")
    (['get', 'user', 'name', 'of'], ['\x01图', '\x01书', '\x01馆', '\x02图书', '\x02书馆'])
    """
    if text.isascii():
        # A capital that is only the first character cannot stand at a camel-case border.
        if not text[1:].islower():
            text = _CAMEL_BORDER.sub(" ", text)
        return _ASCII_WORD.findall(text.lower()), []
    words: list[str] = []
    units: list[str] = []
    spaced = _CAMEL_BORDER.sub(" ", fold(text)).translate(_LOWER_TABLE)
    for word, run in _WORD_OR_UNSPACED_RUN.findall(spaced):
        if word:
            words.append(word)
        else:
            units.extend(SINGLE_MARK + character for character in run)
            units.extend(PAIR_MARK + run[i : i + 2] for i in range(len(run) - 1))
    return words, units


def normalise(text: str) -> str:
    r"""Return the form under which two texts count as the same: the text part of a duplicate key.

    Folded like `fold`, with A-Z in lower case, each run of white space as one space and none at the
    ends. Punctuation stays, and so do the code points that `fold` blanks (letters of rare scripts,
    some emoji): different strategies must not become equal. Normalising twice changes nothing.

    >>> normalise("  Restart the\tCAFÉ worker!  ")
    'restart the cafe worker!'
    """
    if text.isascii():
        # For ASCII, split() knows exactly the white space of the table; it is four times faster.
        return " ".join(text.lower().split())
    # Runs of unstable code points are cut out first, so NFKD never sees them.
    pieces = _UNSTABLE_RUN.split(text)
    pieces[::2] = map(_fold_stable, pieces[::2])
    text = "".join(pieces).translate(_LOWER_TABLE)
    return _WHITE_SPACE_RUN.sub(" ", text).strip(" ")


def _fold_stable(piece: str) -> str:
    # Twice, because once is not always the end: deleting a zero-width character can bring marks
    # together whose canonical order is the other way round, and the unassigned U+03A2 folds to a
    # final sigma. Two equivalent texts would keep different keys.
    once = unicodedata.normalize("NFKD", piece).translate(_FOLD_TABLE)
    if once.isascii():
        return once
    return unicodedata.normalize("NFKD", once).translate(_FOLD_TABLE)
