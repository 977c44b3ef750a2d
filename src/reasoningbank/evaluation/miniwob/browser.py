"""One headless Chromium that opens MiniWoB++ pages, and the hands that act on them.

Pages are files of the `miniwob` package; the browser cannot resolve any host. One browser serves a whole run:
opening a page takes about a tenth of a second, starting a browser two.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import msgspec
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.keys import Keys

from reasoningbank.domain.errors import Unavailable
from reasoningbank.evaluation.miniwob.hands import Point, Stuck
from reasoningbank.evaluation.miniwob.page import Element, Page, Snapshot

if TYPE_CHECKING:
    from typing_extensions import Self

HERE = Path(__file__).parent
SNAPSHOT = (HERE / "snapshot.js").read_text("utf-8")
ACTS = (HERE / "acts.js").read_text("utf-8")
# Root needs the first; the rest keep Chromium from reaching for the network or a display.
FLAGS = (
    "--no-sandbox", "--headless=new", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--host-resolver-rules=MAP * ~NOTFOUND", "--window-size=500,700",
    "--lang=en-US",
)  # fmt: skip
START = "Math.seedrandom(arguments[0]); core.setDataMode('train'); core.startEpisodeReal();"
READ_ALL = """
return arguments[0].map((seed) => {
  core.endEpisode(0);
  Math.seedrandom(seed); core.setDataMode('train'); core.startEpisodeReal();
  return document.getElementById('query').textContent.replace(/\\s+/g, ' ').trim();
});
"""
VERDICT = "return [WOB_DONE_GLOBAL, WOB_RAW_REWARD_GLOBAL];"
MOST_LOOKS = 10
BETWEEN_LOOKS = 0.03  # seconds
DRAG_STEPS = 10
STEP_MILLISECONDS = 12
# Between reaching a place and pressing there: controls that appear under the mouse need a moment.
HOVER_MILLISECONDS = 20
KEYS = {
    "Enter": Keys.ENTER, "Tab": Keys.TAB, "Home": Keys.HOME, "End": Keys.END, "Up": Keys.UP,
    "Down": Keys.DOWN, "Left": Keys.LEFT, "Right": Keys.RIGHT,
}  # fmt: skip


def pages_folder() -> Path:
    """Return the folder of the package's pages.

    Raises:
        Unavailable: The package is not installed.
    """
    spec = importlib.util.find_spec("miniwob")
    if spec is None or not spec.submodule_search_locations:
        raise Unavailable(
            "MiniWoB++ is not installed.", hint="Run: pip install 'agent-reasoningbank[eval]'"
        )
    return Path(spec.submodule_search_locations[0]) / "html" / "miniwob"


def executable(variable: str, *names: str) -> str:
    """Return the program a variable of the environment names, else the first of these on the path.

    Raises:
        Unavailable: There is none.
    """
    given = os.environ.get(variable) or next(filter(None, map(shutil.which, names)), None)
    if not given:
        raise Unavailable(
            f"No {names[0]} found.", hint=f"Install it, or set {variable} to the path of one."
        )
    return given


class Browser:
    """A running browser. `load` opens a page and starts its episode; `hands` act on the page loaded last."""

    def __init__(self) -> None:
        os.environ["SE_OFFLINE"] = "true"  # or the driver manager asks the network for a driver
        self._pages = pages_folder()
        self._profile = tempfile.TemporaryDirectory(prefix="miniwob-")
        options = webdriver.ChromeOptions()
        options.binary_location = executable(
            "MINIWOB_CHROME_BINARY", "chromium", "chromium-browser", "google-chrome"
        )
        for flag in (*FLAGS, f"--user-data-dir={self._profile.name}"):
            options.add_argument(flag)
        service = Service(executable("MINIWOB_CHROMEDRIVER", "chromedriver"))
        self.driver = webdriver.Chrome(service=service, options=options)
        self.driver.set_script_timeout(10)
        self.driver.set_page_load_timeout(20)
        self.version = str(self.driver.capabilities.get("browserVersion", ""))
        self.hands = BrowserHands(self.driver)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the browser and remove its profile."""
        self.driver.quit()
        self._profile.cleanup()

    def load(self, environment: str, seed: int) -> Page:
        """Open an environment in a fresh document, start the episode of a seed and return the page.

        The seed goes to the page as `env.reset(seed=...)` of the package would pass it.
        """
        self.driver.get((self._pages / f"{environment}.html").as_uri())
        self.driver.execute_script(START, seed)
        return self._settled()

    def _settled(self) -> Page:
        """Return the page once two looks in a row find as much on it: icons come a moment after their place.

        Without it one look in fifty at a page full of icons missed some. A page that keeps changing is
        returned as it is after a while.
        """
        page = self.hands.look()
        for _ in range(MOST_LOOKS):
            time.sleep(BETWEEN_LOOKS)
            before, page = page, self.hands.look()
            if len(before.elements) == len(page.elements):
                break
        return page

    def instructions(self, environment: str, seeds: Sequence[int]) -> list[str]:
        """Return the instruction of each seed's episode, without acting on any."""
        self.driver.get((self._pages / f"{environment}.html").as_uri())
        found: list[str] = self.driver.execute_script(READ_ALL, list(seeds))
        return found

    def verdict(self, patience: float = 0.3) -> tuple[bool, float]:
        """Return whether the episode has ended, and its reward without the discount for time.

        Waits `patience` seconds at most for an end that is still on its way.
        """
        deadline = time.monotonic() + patience
        while True:
            ended, reward = self.driver.execute_script(VERDICT)
            if ended or time.monotonic() > deadline:
                return bool(ended), float(reward) if ended else -1.0
            time.sleep(0.05)


class BrowserHands:
    """Acts through WebDriver: real pointer and key events wherever the page can be pressed."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self._driver = driver

    def look(self) -> Page:
        """Return the page as it is now."""
        return Page(msgspec.convert(self._driver.execute_script(SNAPSHOT), Snapshot))

    def click(self, target: Element | Point) -> None:
        """Press the mouse on an element or a point; on an element that something covers, click through it."""
        if not isinstance(target, Element):
            self._pointer([target], press=True)
            return
        point, reached = self._place(target)
        if reached:
            self._pointer([point], press=True)
        else:
            self._act("clickThrough", target)

    def hover(self, element: Element) -> None:
        """Rest the mouse on an element."""
        self._pointer([self._place(element)[0]], press=False)

    def write(self, field: Element, text: str) -> None:
        """Replace what a field holds by typing; a date or time is set as its picker would set it."""
        if field.kind in ("date", "time"):
            self._act("setValue", field, text)
            return
        self.click(field)
        self._act("emptyForTyping", field).send_keys(text or Keys.BACKSPACE)

    def press(self, key: str, times: int = 1) -> None:
        """Press a key some times."""
        self._driver.switch_to.active_element.send_keys(KEYS.get(key, key) * times)

    def choose(self, listing: Element, options: list[int]) -> None:
        """Select the options at these positions and no others."""
        self._act("choose", listing, options)

    def drag(self, start: Element | Point, end: Point) -> None:
        """Press, move in small steps, settle about the end, let go.

        Without the settling a sortable grid leaves the item a place short in half of all drags.
        """
        (left, top), (right, bottom) = (
            self._place(start)[0] if isinstance(start, Element) else start,
            end,
        )
        steps = [
            (left + (right - left) * at / DRAG_STEPS, top + (bottom - top) * at / DRAG_STEPS)
            for at in range(DRAG_STEPS + 1)
        ]
        about = [
            (right + across, bottom + down) for across, down in ((8, 0), (-8, 0), (0, 8), (0, -8))
        ]
        self._pointer([*steps, *about, end], press=True)

    def mark_text(self, element: Element, word: str = "") -> None:
        """Select the text of an element, or one word in it."""
        self._act("markText", element, word)

    def scroll(self, element: Element, *, to: str) -> None:
        """Scroll the contents of an element to the `top` or the `bottom`."""
        self._act("scroll", element, to)

    def wait(self, seconds: float) -> None:
        """Do nothing for a while."""
        time.sleep(seconds)

    def _act(self, name: str, element: Element, argument: object = None) -> Any:
        return self._driver.execute_script(ACTS, name, element.ref, argument)

    def _place(self, element: Element) -> tuple[Point, bool]:
        """Bring an element into view; return its middle, and whether a press there would reach it."""
        place = self._act("place", element)
        if place is None:
            raise Stuck("the element is gone from the page")
        return (place["x"], place["y"]), bool(place["reached"])

    def _pointer(self, path: list[Point], *, press: bool) -> None:
        """Move along a path; with `press` hold the button from the first point to the last."""
        pace = 0 if len(path) == 1 else STEP_MILLISECONDS
        acts: list[dict[str, object]] = [
            {
                "type": "pointerMove",
                "duration": pace,
                "x": int(x),
                "y": int(y),
                "origin": "viewport",
            }
            for x, y in path
        ]
        if press:
            acts[1:1] = [
                {"type": "pause", "duration": HOVER_MILLISECONDS},
                {"type": "pointerDown", "button": 0},
            ]
            acts.append({"type": "pointerUp", "button": 0})
        mouse = {
            "type": "pointer",
            "id": "mouse",
            "parameters": {"pointerType": "mouse"},
            "actions": acts,
        }
        self._driver.execute("actions", {"actions": [mouse]})
