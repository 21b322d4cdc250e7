"""A real browser, for tests of pages: what it is, and what should not happen in it."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Page

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
# No sandbox, as tests run as root; nothing that asks the network by itself.
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 375, "height": 800}

# Of each text that is seen: its contrast to what lies behind, where WCAG 2.2 wants more for AA.
POOR_CONTRAST = """() => {
  const channel = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const rgba = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !element.checkVisibility() || element.disabled) continue;
    const style = getComputedStyle(element);
    const two = [light(rgba(style.color)), light(behind(element))].sort((a, b) => b - a);
    const px = parseFloat(style.fontSize), bold = style.fontWeight >= 700;
    const large = px >= 24 || (px >= 18.66 && bold);
    const contrast = (two[0] + 0.05) / (two[1] + 0.05);
    if (contrast < (large ? 3 : 4.5)) poor.push([element.textContent.slice(0, 30), contrast]);
  }
  return poor;
}"""


@contextmanager
def launched() -> Iterator["Browser"]:
    """Skips the test where there is none."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="the package playwright drives the browser: pip install it"
    )
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip("no headless browser here: apt-get install chromium-headless-shell")
    with playwright.sync_playwright() as started:
        launched = started.chromium.launch(executable_path=found, args=OPTIONS)
        yield launched
        launched.close()


class Watch:
    """A page, and all that should not happen on it."""

    def __init__(self, browser: "Browser", size: dict[str, int], scheme: str = "light") -> None:
        self.context = browser.new_context(
            viewport=size,
            color_scheme=scheme,
            accept_downloads=True,  # type: ignore[arg-type]
        )
        self.page: Page = self.context.new_page()
        self.trouble: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda said: self.trouble.append(f"{said.type}: {said.text}"))
        self.page.on("pageerror", lambda error: self.trouble.append(str(error)))
        self.page.on("dialog", self._dialog)
        self.page.on("request", lambda request: self.asked.append(request.url))

    def _dialog(self, dialog: "Dialog") -> None:
        if dialog.type == "beforeunload":  # of the page alone, with what was not downloaded yet
            dialog.accept()
        else:
            self.trouble.append(f"dialog: {dialog.message}")
            dialog.dismiss()


def until(page: "Page", held: Callable[[], object]) -> None:
    """Waits for it; Playwright's own way evaluates text in the page, which its policy forbids."""
    end = time.monotonic() + 30
    while not held():
        assert time.monotonic() < end
        page.wait_for_timeout(20)
