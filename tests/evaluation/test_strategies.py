"""What each strategy chooses on a page, seen without a browser."""

from __future__ import annotations

import re

import pytest

from reasoningbank.evaluation.miniwob.environments import ENVIRONMENTS
from reasoningbank.evaluation.miniwob.hands import Stuck
from reasoningbank.evaluation.miniwob.strategies import REPERTOIRE
from reasoningbank.evaluation.miniwob.strategies.answering import judged_rows
from tests.evaluation.pages import NotingHands, box, button, element, field, page

BY_ID = {strategy.id: strategy for strategy in REPERTOIRE}


def acts(strategy: str, *pages) -> list[str]:
    """What a strategy does on the first page, seeing the others as it looks again."""
    first = pages[0]
    assert BY_ID[strategy].applies(first)
    hands = NotingHands(*pages)
    BY_ID[strategy].run(hands, first)
    return hands.acts


def frame(*things, **fields):
    return element("div", "", *things, **fields)


def test_the_repertoire_has_at_least_sixteen_strategies_with_words_of_their_own():
    assert len(REPERTOIRE) >= 16
    for written in ("id", "title", "description"):
        assert len({getattr(strategy, written) for strategy in REPERTOIRE}) == len(REPERTOIRE)
    assert all(len(strategy.description.split()) >= 25 for strategy in REPERTOIRE)


def test_no_strategy_names_an_environment():
    for strategy in REPERTOIRE:
        words = f"{strategy.id} {strategy.title} {strategy.description}".lower()
        assert [name for name in ENVIRONMENTS if name in words] == ["scroll-text"] * (
            strategy.id == "scroll-text"
        )


def test_the_code_of_the_strategies_holds_no_name_of_an_environment(checkout):
    folder = checkout / "src/reasoningbank/evaluation/miniwob/strategies"
    for path in folder.glob("*.py"):
        strings = re.findall(r"\"([a-z0-9-]+)\"", path.read_text("utf-8"))
        assert set(strings) & set(ENVIRONMENTS) - {"scroll-text"} == set()


# ---------------------------------------------------------------- clicking


def test_the_quoted_name_is_clicked_as_it_is_written():
    letters = page('Click on the "Ok" button.', button("OK"), button("ok"), button("Ok"))

    assert acts("click-named", letters) == ["click Ok"]


def test_a_name_without_quotes_is_found_whatever_its_case():
    form = page("Click the cancel button.", button("Agree"), button("Cancel"))

    assert acts("click-named", form) == ["click Cancel"]


def test_an_x_is_the_icon_that_closes():
    dialog = page(
        'Close the dialog box by clicking the "x".',
        element("p", "Some words"),
        element("button", id="closer", classes=("ui-dialog-titlebar-close",)),
    )

    assert acts("click-named", dialog) == ["click closer"]


def test_the_only_control_is_clicked_without_a_name():
    assert acts("click-named", page("Focus into it.", field(id="only"))) == ["click only"]


def test_nothing_is_clicked_where_nothing_has_the_name():
    assert not BY_ID["click-named"].applies(page('Click "Go".', button("Stop"), button("Wait")))


def test_named_buttons_are_clicked_in_the_order_of_the_instruction():
    two = page("Click button TWO, then click button ONE.", button("ONE"), button("TWO"))

    assert acts("click-in-order", two) == ["click TWO", "click ONE"]


def test_a_pause_between_two_clicks_is_kept():
    two = page("Click button ONE, wait 2 seconds, then TWO.", button("ONE"), button("TWO"))

    assert acts("click-in-order", two) == ["click ONE", "wait 2", "click TWO"]


def test_a_menu_path_is_followed_with_the_mouse_and_clicked_at_its_end():
    menu = page("Select File>Open", *(element("li", name) for name in ("File", "Edit", "Open")))

    assert acts("click-in-order", menu) == ["hover File", "click Open"]


# ---------------------------------------------------------------- choosing


def test_only_the_boxes_named_are_ticked():
    form = page(
        "Select kale, oats and click Submit.", *map(box, ("oats", "rye", "kale")), button("Submit")
    )

    assert acts("choose-named", form) == ["click checkbox", "click checkbox", "click Submit"]


def test_the_option_named_is_chosen_and_the_named_button_pressed():
    form = page(
        'Choose 6 ft from the dropdown, then click the button labeled "No".',
        element("select", kind="select", options=("", "5 ft", "6 ft", "16 ft")),
        button("Yes"),
        button("No"),
    )

    assert acts("choose-named", form) == ["choose 6 ft", "click No"]


def test_the_suggestion_that_starts_and_ends_as_asked_is_taken():
    instruction = 'Enter an item that starts with "An" and ends with "ica".'
    entry = field(classes=("ui-autocomplete-input",), id="tags")
    items = [element("li", name, classes=("ui-menu-item",)) for name in ("Andorra", "Antarctica")]
    shown = page(instruction, entry, *items, button("Submit"))

    assert acts("choose-named", page(instruction, entry, button("Submit")), shown) == [
        "write An in tags",
        "click Antarctica",
        "click Submit",
    ]


# ---------------------------------------------------------------- typing


def test_quoted_values_go_into_the_fields_in_order():
    form = page(
        'Enter the username "ann" and the password "k7" and press login.',
        field(id="user"),
        field(id="secret", kind="password"),
        button("Login"),
    )

    assert acts("type-given-values", form) == [
        "write ann in user",
        "write k7 in secret",
        "click Login",
    ]


def test_a_single_value_is_repeated_in_the_letter_case_asked_for():
    form = page('Type "ann" in upper case letters.', field(id="a"), field(id="b"), button("Submit"))

    assert acts("type-given-values", form)[:2] == ["write ANN in a", "write ANN in b"]


@pytest.mark.parametrize(
    ("instruction", "kind", "typed"),
    [
        ("Enter 05/20/2010 as the date.", "date", "2010-05-20"),
        ("Enter 05/20/2010 as the date.", "text", "05/20/2010"),
        ("Enter 9:37 PM as the time.", "time", "21:37"),
        ("Enter 12:04 AM as the time.", "time", "00:04"),
    ],
)
def test_dates_and_times_are_typed_as_the_field_wants_them(instruction, kind, typed):
    form = page(instruction, field(id="it", kind=kind), button("Submit"))

    assert acts("type-given-values", form)[0] == f"write {typed} in it"


def test_a_calendar_is_turned_to_the_month_and_the_day_clicked():
    instruction = "Select 11/03/2016 as the date and hit submit."
    date = field(id="day", classes=("hasDatepicker",), fixed=True)
    title = ("ui-datepicker-title",)
    turner = element("a", "Prev", classes=("ui-datepicker-prev",))
    december = page(instruction, date, element("div", "December 2016", classes=title), turner)
    november = page(
        instruction, date, element("div", "November 2016", classes=title), element("a", "3")
    )

    done = acts("type-given-values", page(instruction, date, button("Submit")), december, november)

    assert done == ["click day", "click Prev", "click 3", "click Submit"]


def test_the_colour_shown_in_the_instruction_is_typed_as_a_code():
    form = page(
        "Select the following color and hit Submit.",
        field("AB2567", id="colour", classes=("jscolor",)),
        button("Submit"),
        marks=[{"colour": "rgb(255, 0, 16)"}],
    )

    assert acts("type-given-values", form)[0] == "write FF0010 in colour"


def test_a_value_is_looked_up_in_the_table_by_the_label_of_its_field():
    cells = [element("td", text) for text in ("Gender", "Female", "Language", "Malay")]
    form = page(
        "Enter the value that corresponds with each label into the form.",
        element("table", "", element("tr", "", *cells)),
        frame(element("label", "Language:"), field(id="first")),
        frame(element("label", "Gender:"), field(id="second")),
        button("Submit"),
    )

    assert acts("fill-by-label", form) == [
        "write Malay in first",
        "write Female in second",
        "click Submit",
    ]


def test_values_in_bold_go_to_the_fields_whose_captions_they_suit():
    form = page(
        "Search for drama films directed by Holt from year 1991.",
        frame(field(id="year"), element("b", "Released Date")),
        frame(field(id="person"), element("b", "Director")),
        frame(field(id="kind"), element("b", "Genre")),
        button("Go!"),
        emphasised=("drama", "Holt", "1991"),
    )

    assert acts("fill-by-label", form) == [
        "write 1991 in year",
        "write Holt in person",
        "write drama in kind",
        "click Go!",
    ]


@pytest.mark.parametrize(
    ("instruction", "copied"),
    [
        ("Copy the text and paste it into the textbox.", "Lacus, sit amet."),
        ("Find the 2nd word in the paragraph and type it.", "sit"),
        ("Find the last word in the text, enter it.", "amet"),
    ],
)
def test_the_part_of_the_text_asked_for_is_copied(instruction, copied):
    form = page(instruction, element("p", "Lacus, sit amet."), field(id="to"), button("Submit"))

    assert acts("copy-text", form) == [f"write {copied} in to", "click Submit"]


def test_the_nth_text_area_is_the_one_copied():
    areas = [element("textarea", kind="textarea", value=text) for text in ("one", "two", "three")]
    form = page("Copy the text from the 3rd text area.", *areas, field(id="to"), button("Submit"))

    assert acts("copy-text", form)[0] == "write three in to"


# ---------------------------------------------------------------- working out, looking, comparing


@pytest.mark.parametrize(
    ("problem", "answer"),
    [("3 + 4 =", "7"), ("9 - 12 =", "-3"), ("6 x 7 =", "42"), ("3 + x = 9", "6"), ("x - 4 = -6", "-2")],
)  # fmt: skip
def test_arithmetic_is_solved_for_what_is_missing(problem, answer):
    form = page("Solve it.", element("div", problem), field(id="to"), button("Submit"))

    assert acts("work-out-answer", form) == [f"write {answer} in to", "click Submit"]


def drawn(tag, colour, *, size=10.0, text=""):
    place = (0.0, 0.0, size, size)
    return element(tag, text, shape={"fill": "x"}, colour=colour, font=size, box=place)


RED, BLUE = "rgb(255, 0, 0)", "rgb(0, 0, 255)"


def test_what_fits_the_description_is_counted():
    form = page(
        "How many large red items are there?",
        drawn("circle", RED, size=20.0),
        drawn("text", RED, size=20.0, text="Q"),
        drawn("circle", RED),
        drawn("rect", BLUE, size=20.0),
        *map(button, "1234"),
    )

    assert acts("work-out-answer", form) == ["click 2"]


def test_a_figure_is_named_by_the_button_for_its_kind():
    form = page("Describe it.", drawn("polygon", RED), *map(button, ("Circle", "Triangle")))

    assert acts("work-out-answer", form) == ["click Triangle"]


def test_each_number_is_judged_by_the_button_on_its_own_level():
    def row(number, top):
        places = [(left, top, 40.0, 20.0) for left in (0.0, 50.0, 100.0)]
        things = (("button", "Odd"), ("div", str(number)), ("button", "Even"))
        return [
            element(tag, text, box=place, id=f"{text} {top:.0f}")
            for (tag, text), place in zip(things, places, strict=True)
        ]

    form = page(
        "Mark them as odd or even and submit.", *row(-5, 10.0), *row(4, 60.0), button("Submit")
    )
    pressed = [button.id for button in judged_rows(form)]

    assert pressed == ["Odd 10", "Even 60"]
    assert acts("work-out-answer", form) == ["click Odd 10", "click Even 60", "click Submit"]


def test_the_thing_with_the_look_described_is_clicked():
    shapes = [drawn("circle", BLUE), drawn("rect", RED), drawn("text", RED, text="k")]

    assert acts("pick-by-look", page("Click on a red letter", *shapes)) == ["click k"]
    assert acts("pick-by-look", page("Click on a blue item", *shapes)) == ["click circle"]


def test_all_shades_of_a_hue_are_clicked_and_no_other():
    hues = {"dark": "rgb(161, 33, 33)", "pale": "rgb(241, 172, 172)", "leaf": "rgb(66, 123, 66)"}
    boxes = [element("span", id=name, colour=colour) for name, colour in hues.items()]
    form = page("Select all the shades of red and press Submit.", *boxes, button("Submit"))

    assert acts("pick-by-look", form) == ["click dark", "click pale", "click Submit"]


def test_the_cheapest_offer_and_the_longest_trip_are_found():
    offers = [
        frame(element("label", "Duration:"), element("div", "11h 30m"), button("Book for $1844")),
        frame(element("label", "Duration:"), element("div", "20h 16m"), button("Book for $1900")),
        frame(element("label", "Duration:"), element("div", "2h 16m"), button("Book for $1421")),
    ]

    cheapest = page("Buy the ticket with the cheapest cost.", *offers)
    longest = page("Buy the ticket with the longest duration.", *offers)

    assert acts("compare-numbers", cheapest) == ["click Book for $1421"]
    assert acts("compare-numbers", longest) == ["click Book for $1900"]


def test_cards_lying_face_down_are_turned_before_the_greatest_is_picked():
    instruction = "Find and pick the card with the greatest number, then press submit."

    def table(*values):
        cards = [
            frame(*([element("span", value)] if value else []), id=f"card{at}", classes=("card",))
            for at, value in enumerate(values)
        ]
        return page(instruction, frame(*cards), button("Submit"))

    turned = [table("3", "", ""), table("", "17", ""), table("", "", "8")]

    assert acts("compare-numbers", table("", "", ""), *turned) == [
        "click card0",
        "click card1",
        "click card2",
        "click card1",
        "click Submit",
    ]


def test_numbers_are_clicked_from_the_lowest_to_the_highest():
    shapes = [drawn("text", "", text=text) | {"box": (at * 10.0, 0.0, 10.0, 10.0)}
              for at, text in enumerate(("3", "1", "2"))]  # fmt: skip

    form = page("Click on the numbers in ascending order.", *shapes)

    assert acts("compare-numbers", form) == ["click 15,5", "click 25,5", "click 5,5"]


# ---------------------------------------------------------------- uncovering, entries


def test_tabs_are_switched_until_the_link_shows():
    instruction = 'Switch between the tabs to find and click on the link "nam".'
    tabs = [element("a", f"Tab #{at}", classes=("ui-tabs-anchor",)) for at in (1, 2, 3)]
    first = page(instruction, *tabs, element("span", "sed"))
    second = page(instruction, *tabs, element("span", "nam"))

    assert acts("uncover-then-click", first, first, second) == [
        "click Tab #1",
        "click Tab #2",
        "click nam",
    ]


def test_everything_open_without_the_name_is_an_end():
    instruction = 'Find and click on the link "nam".'
    only = page(instruction, element("a", "Tab #1", classes=("ui-tabs-anchor",)))

    with pytest.raises(Stuck, match="did not show"):
        acts("uncover-then-click", only)


def test_results_are_counted_across_pages():
    instruction = (
        'Use the textbox to enter "Ida" and press "Search", then click the 3rd search result.'
    )
    links = [element("a", name) for name in ("r1", "r2")]
    pager = element("ul", "", element("a", ">"), classes=("pagination",))
    start = page(instruction, field(id="q"), button("Search"))
    results = page(instruction, field(id="q"), button("Search"), *links, pager)

    assert acts("uncover-then-click", start, results, results) == [
        "write Ida in q",
        "click Search",
        "click >",
        "click r1",
    ]


def post(name, *controls, icon="media"):
    icons = [element("span", id=f"{act} of {name}", classes=(act,)) for act in controls]
    body = [element("span", name, classes=("name",)), element("p", "words")]
    return element("div", "", *body, *icons, classes=(icon,))


def test_the_icon_is_pressed_in_the_entry_of_the_person_named():
    posts = [post(name, "trash", "star") for name in ("Ann", "Bea", "Cleo")]
    inbox = page("Find the email by Bea and click the trash icon to delete it.", *posts)

    assert acts("act-on-entry", inbox) == ["click trash of Bea"]


def test_every_entry_of_the_person_is_acted_on_when_all_are_asked_for():
    posts = [post(name, "like", "share") for name in ("@ann", "@bea", "@ann")]
    wall = page(
        'Click the "Share" button on all posts by @ann and then click Submit.',
        *posts,
        button("Submit"),
    )

    assert acts("act-on-entry", wall) == ["click share of @ann"] * 2 + ["click Submit"]


def test_a_message_is_opened_answered_and_sent():
    instruction = 'Find the email by Bea and reply to them with the text "Soon.".'
    inbox = page(instruction, *(post(name, "trash", "star") for name in ("Ann", "Bea", "Cleo")))
    opened = page(instruction, element("span", "Reply"), element("span", "Forward"))
    form = page(
        instruction, element("textarea", kind="textarea", id="body"), element("span", id="send")
    )

    assert acts("open-and-write", inbox, opened, form) == [
        "click Bea",
        "click Reply",
        "write Soon. in body",
        "click send",
    ]


@pytest.mark.parametrize(
    "instruction",
    [
        "Find the email by Bea and forward that email to Dora.",
        "Send Dora the email you got from Bea.",
        "Forward Dora a copy of Bea's e-mail.",
        "Dora wants the email Bea sent to you.",
    ],
)
def test_sender_and_recipient_are_told_apart(instruction):
    inbox = page(instruction, *(post(name, "trash", "star") for name in ("Ann", "Bea", "Dora")))
    opened = page(instruction, element("span", "Reply"), element("span", "Forward"))
    form = page(instruction, field(id="to"), element("span", id="send"))

    assert acts("open-and-write", inbox, opened, form)[:3] == [
        "click Bea",
        "click Forward",
        "write Dora in to",
    ]


# ---------------------------------------------------------------- controls, dragging, reading, repeating


def slider(value):
    handle = element("span", id="handle", classes=("ui-slider-handle",))
    return [frame(handle, classes=("ui-slider",)), element("div", value)]


def test_a_slider_is_moved_until_it_shows_the_number():
    instruction = "Select 2 with the slider and hit Submit."
    start, near, there = (
        page(instruction, *slider(at), button("Submit")) for at in ("-3", "1", "2")
    )

    assert acts("set-slider", start, start, start, near, there) == [
        "click handle",
        "press Right 5",
        "press Right 1",
        "click Submit",
    ]


def test_a_spinner_is_turned_by_its_arrows():
    arrows = [element("a", id=way, classes=(f"ui-spinner-{way}",)) for way in ("up", "down")]
    spinner = field("0", id="spinner", classes=("ui-spinner-input",))
    form = page("Select -2 with the spinner.", spinner, *arrows, button("Submit"))

    assert acts("set-slider", form) == ["click down", "click down", "click Submit"]


def test_controls_are_counted_out_by_kind():
    radios = [field(kind="radio", id=f"radio{at}") for at in (1, 2)]
    texts = [field(id=f"text{at}") for at in (1, 2)]
    form = page(
        'Check the 2nd radio button and enter the number "-5" into the 1st textbox.',
        *radios,
        *texts,
        button("Submit"),
    )

    assert acts("follow-positions", form) == ["click radio2", "write -5 in text1", "click Submit"]


def sortable(*names, columns=1):
    items = [
        element("li", name, box=(60.0 * (at % columns), 60.0 * (at // columns), 50.0, 50.0))
        for at, name in enumerate(names)
    ]
    return element("ul", "", *items, classes=("ui-sortable",))


@pytest.mark.parametrize(
    ("instruction", "columns", "end"),
    [
        ("Drag Cleo to the 1st position.", 1, "25,25"),
        ("Drag Ann to the bottom.", 1, "25,205"),
        ("Drag Bea down by one position.", 1, "25,145"),
        ("Drag Ann right by one.", 2, "85,25"),
    ],
)
def test_an_item_is_dragged_to_the_middle_of_the_place_meant(instruction, columns, end):
    form = page(instruction, sortable("Ann", "Bea", "Cleo", "Dora", columns=columns))

    assert acts("drag-to-place", form)[0].endswith(f"to {end}")


def test_the_smaller_box_is_dragged_into_the_larger():
    boxes = [element("div", name, classes=("ui-draggable",), box=place) for name, place in
             (("L", (100.0, 100.0, 60.0, 60.0)), ("s", (0.0, 0.0, 20.0, 20.0)))]  # fmt: skip

    form = page("Drag the smaller box into the larger box.", *boxes, button("Submit"))

    assert acts("drag-to-place", form) == ["drag s to 130,130", "click Submit"]


def test_shapes_of_the_kind_named_go_into_the_frame_and_the_others_stay():
    holder = drawn("rect", "none", size=60.0)
    form = page(
        "Drag all circles into the black box.",
        drawn("circle", RED),
        drawn("rect", RED),
        holder,
        button("Submit"),
    )

    assert acts("drag-to-place", form) == ["drag circle to 30,20", "click Submit"]


def test_the_paragraph_counted_out_is_selected():
    paragraphs = [element("p", text) for text in ("One text.", "Another text.")]
    form = page(
        "Highlight the text in the 2nd paragraph and click submit.", *paragraphs, button("Submit")
    )

    assert acts("select-text", form) == ["mark Another text.", "click Submit"]


def test_a_long_text_is_scrolled_before_the_field_it_unlocks_is_filled():
    instruction = 'Scroll to the bottom of the textarea, enter the name "Ida" then press "Agree"'
    area = element("textarea", kind="textarea", value="many words", disabled=True)
    name = field(id="name", disabled=True)
    unlocked = page(instruction, area, field(id="name"), button("Cancel"), button("Agree"))

    assert acts(
        "scroll-text", page(instruction, area, name, button("Cancel"), button("Agree")), unlocked
    ) == [
        "scroll to bottom",
        "write Ida in name",
        "click Agree",
    ]


def test_a_number_is_made_anew_until_it_satisfies_the_condition():
    instruction = "Generate a number less than 5, then press submit."
    seen = [
        page(instruction, element("div", text), button("Generate"), button("Submit"))
        for text in ("-", "9", "5", "4")
    ]

    assert acts("repeat-until", *seen) == ["click Generate"] * 3 + ["click Submit"]


def test_a_guess_halves_what_is_left():
    instruction = "Guess the number between 0-9 and press Submit. Use the feedback below."

    def told(feedback, *, ended=False):
        return page(
            instruction,
            element("div", feedback),
            field(id="g", kind="number"),
            button("Submit"),
            ended=ended,
        )

    done = acts(
        "repeat-until",
        told("waiting"),
        told("higher than 4"),
        told("lower than 7"),
        told("", ended=True),
    )

    assert [act for act in done if act.startswith("write")] == [
        f"write {n} in g" for n in (4, 7, 5)
    ]
