"""One value of a file of settings is changed, and every other byte stays."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoningbank import InvalidInput
from reasoningbank.hosts.json_editing import (
    with_element,
    with_member,
    without_elements,
    without_member,
)
from reasoningbank.hosts.json_text import parsed

SERVER = {"command": "/bin/x", "args": ["mcp"]}
OURS = {"command": "x reasoningbank hook"}


def is_ours(value):
    return value == OURS


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", '{\n  "s": {\n    "x": 1\n  }\n}\n'),
        ("{}", '{\n  "s": {\n    "x": 1\n  }\n}'),
        ('{"a": 1}', '{"a": 1, "s": {"x": 1}}'),
        ('{"s": {}}', '{"s": {"x": 1}}'),
        ('{"s": {"y": 2}, "b": []}', '{"s": {"y": 2, "x": 1}, "b": []}'),
        ('{"s": {"x": 2}}', '{"s": {"x": 1}}'),
        ('{"s": {"x": 1 }}', '{"s": {"x": 1 }}'),
        ('{\n\t"a": 1\n}\n', '{\n\t"a": 1,\n\t"s": {\n\t\t"x": 1\n\t}\n}\n'),
        ('{\r\n  "a": 1\r\n}', '{\r\n  "a": 1,\r\n  "s": {\r\n    "x": 1\r\n  }\r\n}'),
        (
            '{\n  "a": 1 // best\n  /* end */\n}',
            '{\n  "a": 1, // best\n  /* end */\n  "s": {\n    "x": 1\n  }\n}',
        ),
        ('{\n  "a": 1,\n}', '{\n  "a": 1,\n  "s": {\n    "x": 1\n  }\n}'),
        ("{ // nothing yet\n}", '{ // nothing yet\n  "s": {\n    "x": 1\n  }\n}'),
        ('{"a": 1, /* c */}', '{"a": 1, "s": {"x": 1} /* c */}'),
    ],
)  # fmt: skip
def test_a_member_is_put_where_it_belongs(before, after):
    assert with_member(before, ("s",), "x", 1) == after


@pytest.mark.parametrize(
    "before",
    [
        "{}",
        '{"a": 1}',
        '{"s": {"y": 2}}',
        '{\n  "a": [1, 2],\n  "s": {\n    "y": 2\n  }\n}\n',
        '{\n    "a": "//no comment", // a comment\n    "n": 1.50\n}',
        '{\r\n  "a": 1\r\n}\r\n',
    ],
)
def test_what_was_put_in_can_be_taken_out_again(before):
    after = with_member(before, ("s",), "x", SERVER)

    assert parsed(without_member(after, ("s",), "x")).value == parsed(before).value


def test_an_element_is_added_to_a_list_and_replaced_when_it_is_ours():
    before = '{\n  "hooks": {\n    "Stop": [\n      {"command": "other"}\n    ]\n  }\n}\n'
    once = with_element(before, ("hooks", "Stop"), OURS, is_ours)
    twice = with_element(once, ("hooks", "Stop"), OURS, is_ours)

    assert once == twice
    assert parsed(once).value == {"hooks": {"Stop": [{"command": "other"}, OURS]}}
    assert without_elements(once, ("hooks", "Stop"), is_ours) == before


def test_lists_and_objects_that_are_left_empty_go():
    after = with_element("{}", ("hooks", "Stop"), OURS, is_ours)

    assert parsed(without_elements(after, ("hooks", "Stop"), is_ours)).value == {}


@pytest.mark.parametrize(
    "text",
    [
        "{", "}", "[1", '{"a" 1}', '{"a": }', "{'a': 1}", '{"a": 1} x', '{"a": 1, "a": 2}', "{,}",
        '{"a": 01}', '{"a": .5}', '{"a": nul}', '{"a": "\x01"}', '{"a": "\\q"}', "[" * 1_000, '{"a": 1 /*}',
    ],
)  # fmt: skip
def test_what_is_not_json_is_refused(text):
    with pytest.raises(InvalidInput) as refused:
        with_member(text, ("s",), "x", 1)
    assert refused.value.field == "settings"


@pytest.mark.parametrize("text", ["[]", "1", '{"s": 1}', '{"s": []}', '{"s": null}'])
def test_something_else_in_the_way_is_refused(text):
    with pytest.raises(InvalidInput):
        with_member(text, ("s",), "x", 1)


def test_something_else_than_a_list_is_refused():
    with pytest.raises(InvalidInput):
        with_element('{"hooks": {"Stop": {}}}', ("hooks", "Stop"), OURS, is_ours)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=12,
)
SETTINGS = st.dictionaries(st.text(max_size=5), VALUES, max_size=4)


@given(settings=SETTINGS, indent=st.sampled_from([None, 0, 1, 2, 4, "\t"]), value=VALUES)
def test_whatever_else_there_is_means_the_same_afterwards(settings, indent, value):
    text = json.dumps(settings, indent=indent, ensure_ascii=False)
    before = {name: one for name, one in settings.items() if name != "servers"}
    settings = {**before, "servers": {"other": 1}}
    text = json.dumps(settings, indent=indent, ensure_ascii=False)

    after = with_member(text, ("servers",), "mine", value)

    assert json.loads(after) == {**before, "servers": {"other": 1, "mine": value}}
    assert json.loads(without_member(after, ("servers",), "mine")) == settings


@given(SETTINGS, st.sampled_from([None, 2, "\t"]))
def test_the_reader_agrees_with_the_one_of_the_language(settings, indent):
    text = json.dumps(settings, indent=indent)

    assert parsed(text).value == json.loads(text)
