"""The sentences of an agent's thoughts that say why, apart from those that announce what comes next."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final

_SENTENCES: Final = re.compile(
    r"(?<=[a-z0-9)`'\"][.!?])\s+|(?<=[a-z0-9)`'\"][.!?])(?=(?:Let|Then|This|The|In|It|We|To|Since|After|If|I|So|All|Considering|Anyway|Now|But|However)\b)"
    r"|\n\s*\n|\n(?=\s*(?:[-*]|\d+[.)])\s)"
)
_OPENINGS: Final = re.compile(
    r"^(?:(?:oh no|that's (?:great|good)|great|perfect|excellent|good|okay|ok|alright|well|hmm|indeed"
    r"|anyway|so|also|and|but|now|first|next|then|finally|however|actually|wait)\b[,!.:]*\s+)+",
    re.IGNORECASE,
)
_SEEMINGS: Final = re.compile(
    r"^(?:(?:from this implementation, )?it (?:seems|looks|appears)(?: to be| like| that)?"
    r"|i (?:think|believe|see|notice|noticed|realize)(?: that)?"
    r"|we (?:know|see|can see|notice|noticed|found|are now looking at)(?: that)?)\s+",
    re.IGNORECASE,
)
# What follows announces the next step; what stands before it may be the reason.
_PLAN_TAIL: Final = re.compile(
    r"[,;]?\s+(?:so |and |which is why )?(?:let's|let us|let me|i(?:'ll| will| shall| am going to)"
    r"|we(?:'ll| will| shall| can now| should now| are going to)|(?:i|we) (?:try|need to try))\b.*$",
    re.IGNORECASE,
)
_PLANS: Final = re.compile(
    r"^(?:let(?:'s| me| us)\b|(?:i|we)(?:'ll| will| shall| can now| are going to| should now| must)\b"
    r"|(?:i|we) (?:first|now|next)\b|to (?:begin|start|do this|solve this|address)\b"
    r"|before (?:submitting|that)\b|the next step\b|as (?:suggested|a next step)\b"
    r"|(?:try|check|run|open|submit|locate|look|create|verify|cat|read) |the user said:)"
    r"|\b(?:issue|task|text)s? (?:text )?(?:also )?(?:suggests?|says|points|includes|does not specify)\b"
    r"|\b(?:we|i) should (?:look|search|navigate|open|check|see|first)\b",
    re.IGNORECASE,
)
# A clause that needs the one behind it, which therefore is no plan to be cut off.
_CONDITION: Final = re.compile(
    r"^(?:if|when|once|unless|in order to|to|since|as|because|given|considering|after|although|while"
    r"|now that)\b",
    re.IGNORECASE,
)
# A sentence that points back says nothing without the one before it.
_POINTS_BACK: Final = re.compile(
    r"^(?:this|that|these|those|it|its|they|their|such|both|he|she|doing so|here)\b(?!'s why)",
    re.IGNORECASE,
)
_CAUSES: Final = re.compile(
    r"\b(?:because|since|due to|caused? by|therefore|which means|means that|so that|reason"
    r"|considering|given that|as a result|that is why|maybe)\b|, so (?!(?:i|we|let)\b)",
    re.IGNORECASE,
)
_NEEDS: Final = re.compile(
    r"\b(?:instead of|rather than|should(?: be| have)?|must|needs?|have to|requires?|only|without"
    r"|unless|forgot|missing|missed|wrong|incorrect(?:ly)?|not|cannot|can't|didn't|doesn't|isn't"
    r"|limit|ensure|expect(?:s|ing|ed)?)\b",
    re.IGNORECASE,
)
_FINDS: Final = re.compile(
    r"\b(?:offers?|allows?|can be \w+|could be \w+|vulnerab\w+|contains?|uses?|using|encrypt\w*|decod\w+"
    r"|convert\w*|compar\w+|truncat\w+|round\w*|ideal for|involves|plain ?text|calls?|reads?|returns?"
    r"|overwrit\w+|invers\w+|undo|match(?:es)?|modif\w+|attack)\b",
    re.IGNORECASE,
)
_EMPTY: Final = re.compile(
    r"\b(?:nothing (?:was |is )?found|hopefully|good sign|i trust|feedback|successfully|succeeded|finaliz\w+|resolved|is correct"
    r"|got the flag|gone|solved|looks good|as expected)\b",
    re.IGNORECASE,
)
_PARTICULAR: Final = re.compile(
    r"\b[A-Z]{2,}_[0-9a-f]{4,}\b|\b0x[0-9a-fA-F]{2,}\b|\b[0-9a-f]{16,}\b"
)
_SHORTEST, _LONGEST = 25, 280
_LONGEST_PAIR: Final = 400
_ALONE, _JOINED, _TELLING = 1.2, 0.4, 1.6
_WHOLE_WORD: Final = 5
_NAMES: Final = re.compile(r"\w+")
NOTABLE: Final = 2.0
"""What a sentence that explains is worth at least."""
_MOST_FINDS: Final = 2
_SHARED: Final = 0.5
_LOOKED_AT: Final = 6_000
_MOST_NAMED: Final = 3


def sentences_of(text: str | None) -> list[str]:
    """Give the sentences of a thought, without the words that only introduce them."""
    if not text:
        return []
    found: list[str] = []
    for piece in _SENTENCES.split(text[:_LOOKED_AT]):
        sentence = " ".join((piece or "").split()).strip("-*• ")
        sentence = _OPENINGS.sub("", sentence)
        sentence = _SEEMINGS.sub("", sentence)
        if not _PLANS.match(sentence) and not _CONDITION.match(sentence):
            sentence = _PLAN_TAIL.sub("", sentence).rstrip(" ,;")
        if sentence:
            found.append(sentence[0].upper() + sentence[1:])
    return found


def worth(sentence: str, about: Iterable[str] = ()) -> float:
    """Give how much a sentence explains; 2 and more is worth keeping.

    Args:
        sentence: The sentence.
        about: Words it gains by naming, such as those of a change.
    """
    if not _SHORTEST <= len(sentence) <= _LONGEST or sentence.endswith(("?", ":")):
        return 0.0
    score = 1.0
    score += 1.3 * bool(_CAUSES.search(sentence))
    score += 0.9 * bool(_NEEDS.search(sentence))
    score += 0.6 * min(len(_FINDS.findall(sentence)), _MOST_FINDS)
    said = frozenset(_NAMES.findall(sentence.lower()))
    score += 0.5 * min(sum(_names(word.lower(), said) for word in about), _MOST_NAMED)
    score -= 2.5 * bool(_PLANS.search(sentence))
    score -= 1.5 * bool(_EMPTY.search(sentence))
    score -= 0.8 * bool(_PARTICULAR.search(sentence))
    return score


def _names(word: str, said: Iterable[str]) -> bool:
    """Give whether words hold one, or one that begins with it, such as a plural."""
    whole = len(word) < _WHOLE_WORD
    return any(other == word if whole else other.startswith(word) for other in said)


def reasons_in(
    thoughts: Sequence[str | None],
    about: Iterable[str] = (),
    most: int = 1,
    least: float = NOTABLE,
    fits: Callable[[str], bool] = bool,
) -> list[str]:
    """Give the sentences that explain most, in the order they were said.

    Args:
        thoughts: What was said.
        about: As for `worth`.
        most: How many at most.
        least: What one must be worth.
        fits: Whether a sentence may be taken.
    """
    words = tuple(about)
    rating = {
        said: value
        for thought in thoughts
        for said, value in _rated(sentences_of(thought), words)
        if value >= least and fits(said)
    }
    sentences = list(rating)
    rated = sorted(((rating[said], -place) for place, said in enumerate(sentences)), reverse=True)
    chosen: list[int] = []
    for _, place in rated:
        if len(chosen) == most:
            break
        if not any(_alike(sentences[-place], sentences[other]) for other in chosen):
            chosen.append(-place)
    return [sentences[place] for place in sorted(chosen)]


def _rated(sentences: Sequence[str], about: Sequence[str]) -> list[tuple[str, float]]:
    """Give each sentence with its worth, one that points back together with what it points to."""
    rated: list[tuple[str, float]] = []
    for place, said in enumerate(sentences):
        value = worth(said, about)
        if not _POINTS_BACK.match(said):
            rated.append((said, value))
            continue
        before = sentences[place - 1] if place else ""
        stands = before and not _POINTS_BACK.match(before) and not _PLANS.search(before)
        pair = f"{_ended(before)} {said}"
        if stands and len(pair) <= _LONGEST_PAIR and value >= _TELLING:
            rated.append((pair, max(value, worth(before, about)) + _JOINED))
        else:
            rated.append((said, value - _ALONE))
    return rated


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."


def _alike(first: str, second: str) -> bool:
    """Give whether two sentences say much the same: most of the words of the shorter are shared."""
    words, others = set(first.lower().split()), set(second.lower().split())
    return len(words & others) > _SHARED * min(len(words), len(others))
