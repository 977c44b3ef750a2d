"""The repertoire: general procedures for pages, none of which knows the name of a task."""

from __future__ import annotations

from reasoningbank.evaluation.miniwob.strategies.answering import WORK_OUT_ANSWER
from reasoningbank.evaluation.miniwob.strategies.choosing import CHOOSE_NAMED
from reasoningbank.evaluation.miniwob.strategies.clicking import CLICK_IN_ORDER, CLICK_NAMED
from reasoningbank.evaluation.miniwob.strategies.comparing import COMPARE_NUMBERS
from reasoningbank.evaluation.miniwob.strategies.dragging import DRAG_TO_PLACE
from reasoningbank.evaluation.miniwob.strategies.entries import ACT_ON_ENTRY, OPEN_AND_WRITE
from reasoningbank.evaluation.miniwob.strategies.looking import PICK_BY_LOOK
from reasoningbank.evaluation.miniwob.strategies.reading import SCROLL_TEXT, SELECT_TEXT
from reasoningbank.evaluation.miniwob.strategies.repeating import REPEAT_UNTIL
from reasoningbank.evaluation.miniwob.strategies.sliders import FOLLOW_POSITIONS, SET_SLIDER
from reasoningbank.evaluation.miniwob.strategies.typing import COPY_TEXT, FILL_BY_LABEL, TYPE_GIVEN
from reasoningbank.evaluation.miniwob.strategies.uncovering import UNCOVER
from reasoningbank.evaluation.miniwob.strategy import Strategy

__all__ = ["REPERTOIRE"]

REPERTOIRE: tuple[Strategy, ...] = (
    ACT_ON_ENTRY,
    CHOOSE_NAMED,
    CLICK_IN_ORDER,
    CLICK_NAMED,
    COMPARE_NUMBERS,
    COPY_TEXT,
    DRAG_TO_PLACE,
    FILL_BY_LABEL,
    FOLLOW_POSITIONS,
    OPEN_AND_WRITE,
    PICK_BY_LOOK,
    REPEAT_UNTIL,
    SCROLL_TEXT,
    SELECT_TEXT,
    SET_SLIDER,
    TYPE_GIVEN,
    UNCOVER,
    WORK_OUT_ANSWER,
)
