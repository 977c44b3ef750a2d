"""The repertoire: general procedures for files, none of which knows the name of an environment."""

from __future__ import annotations

from reasoningbank.evaluation.wrangling.strategies.calculating import (
    PARSE_DECIMAL_COMMAS,
    PARSE_TABLE_COLUMN,
    READ_RECORDS,
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
    INSPECT_FILES,
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
    REPLACE_LITERAL,
    REPLACE_PATTERN,
    REWRITE_DAY_FIRST,
    REWRITE_MONTH_FIRST,
)
from reasoningbank.evaluation.wrangling.strategy import Strategy

__all__ = ["REPERTOIRE"]

REPERTOIRE: tuple[Strategy, ...] = (
    BETWEEN_TIMES,
    COUNT_LINES,
    COUNT_UNPACKED,
    GROUP_BY_GROUP,
    INSPECT_FILES,
    JOIN_KEEPING_ALL,
    JOIN_MATCHING,
    KEEP_FIRST,
    KEEP_LAST,
    PARSE_DECIMAL_COMMAS,
    PARSE_TABLE_COLUMN,
    READ_RECORDS,
    REPLACE_LITERAL,
    REPLACE_PATTERN,
    REWRITE_DAY_FIRST,
    REWRITE_MONTH_FIRST,
    SORT_AS_NUMBERS,
    SORT_AS_TEXT,
    SORT_AS_VERSIONS,
    SPLIT_COLUMNS,
    TALLY,
)
