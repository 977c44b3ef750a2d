"""The repertoire: general procedures for files, none of which knows the name of an environment."""

from __future__ import annotations

from reasoningbank.evaluation.wrangling.strategies.calculating import (
    CUT_POSITIONS,
    JSON_AS_DOCUMENT,
    JSON_BY_LINE,
    PARSE_DECIMAL_COMMAS,
    PARSE_TABLE_COLUMN,
    SPLIT_COLUMNS,
)
from reasoningbank.evaluation.wrangling.strategies.combining import (
    GROUP_BY_GROUP,
    JOIN_KEEPING_ALL,
    JOIN_MATCHING,
)
from reasoningbank.evaluation.wrangling.strategies.counting import (
    COUNT_LINES,
    COUNT_UNPACKED,
    TALLY,
)
from reasoningbank.evaluation.wrangling.strategies.files import (
    COMPARE_CHECKSUMS,
    LARGEST_FILE,
    RENAME_FILES,
)
from reasoningbank.evaluation.wrangling.strategies.ordering import (
    KEEP_FIRST,
    KEEP_LAST,
    SORT_AS_NUMBERS,
    SORT_AS_TEXT,
    SORT_AS_VERSIONS,
)
from reasoningbank.evaluation.wrangling.strategies.rewriting import (
    BETWEEN_TIMES,
    DATES_DAY_FIRST,
    DATES_MONTH_FIRST,
    REPLACE_LITERAL,
    REPLACE_PATTERN,
    REWRITE_TABLE,
)
from reasoningbank.evaluation.wrangling.strategy import Strategy

__all__ = ["REPERTOIRE"]

REPERTOIRE: tuple[Strategy, ...] = (
    BETWEEN_TIMES,
    COMPARE_CHECKSUMS,
    COUNT_LINES,
    COUNT_UNPACKED,
    CUT_POSITIONS,
    DATES_DAY_FIRST,
    DATES_MONTH_FIRST,
    GROUP_BY_GROUP,
    JOIN_KEEPING_ALL,
    JOIN_MATCHING,
    JSON_AS_DOCUMENT,
    JSON_BY_LINE,
    KEEP_FIRST,
    KEEP_LAST,
    LARGEST_FILE,
    PARSE_DECIMAL_COMMAS,
    PARSE_TABLE_COLUMN,
    RENAME_FILES,
    REPLACE_LITERAL,
    REPLACE_PATTERN,
    REWRITE_TABLE,
    SORT_AS_NUMBERS,
    SORT_AS_TEXT,
    SORT_AS_VERSIONS,
    SPLIT_COLUMNS,
    TALLY,
)
