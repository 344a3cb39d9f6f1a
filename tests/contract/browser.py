"""A headless Chromium that looks at one page, without a network and without leaving a trace."""

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SECONDS = 120
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--enable-logging=stderr",
    "--v=0",
)
PROBE = """<script>
addEventListener("load", () => {
  const inBox = (e) => e.parentElement.closest(".wide") !== null;
  const off = [...document.querySelectorAll("body *")].filter(
    (e) => e.getBoundingClientRect().right > innerWidth + 1 && !inBox(e));
  const images = [...document.images];
  const boxes = [...document.querySelectorAll(".wide")];
  parent.postMessage(JSON.stringify({
    width: innerWidth,
    images: images.length,
    missing: images.filter((i) => !i.complete || !i.naturalWidth).length,
    scroll: document.documentElement.scrollWidth,
    beyond: off.map((e) => e.tagName),
    scrolling: boxes.filter((e) => e.scrollWidth > e.clientWidth + 1).length,
    links: [...document.querySelectorAll("nav a")].filter(
      (a) => document.querySelector(a.getAttribute("href"))).length,
  }), "*");
});
</script>"""
"""Put into a copy of a page, it tells the frame around it what is found."""


@dataclass(frozen=True)
class Browser:
    """A Chromium, and a folder for what it writes."""

    program: str
    folder: Path

    def call(self, page: Path, *options: str) -> subprocess.CompletedProcess[str]:
        """Open a page, with a profile of its own."""
        profile = self.folder / "profile"
        shutil.rmtree(profile, ignore_errors=True)
        command = [self.program, *OPTIONS, f"--user-data-dir={profile}", *options, page.as_uri()]
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=True,
            stdin=subprocess.DEVNULL,
        )

    def console(self, page: Path) -> list[str]:
        """What the page wrote to the console, errors of loading among it."""
        said = self.call(page, "--dump-dom").stderr
        return [line for line in said.splitlines() if ":CONSOLE" in line]

    def title(self, page: Path, width: int) -> str:
        """The title of the page after it has loaded, in a frame as wide as a screen [pixel].

        A window of Chromium is never narrower than 500 pixels, a frame can be.
        """
        frame = self.folder / "frame.html"
        frame.write_text(
            f'<!doctype html><iframe id="f" src="{page.as_uri()}" '
            f'style="width:{width}px;height:900px;border:0"></iframe><script>'
            'addEventListener("message", (m) => { document.title = m.data; });</script>'
        )
        found = self.call(frame, "--dump-dom", "--window-size=1600,1000").stdout
        titles = re.findall(r"<title>(.*?)</title>", found, re.S)
        assert titles, found[:300]
        return unescape(titles[0])

    def pdf(self, page: Path) -> Path:
        """The page as it is printed."""
        path = self.folder / "page.pdf"
        self.call(page, "--no-pdf-header-footer", f"--print-to-pdf={path}")
        return path


def browser_in(folder: Path) -> Browser:
    """The Chromium that is installed; the test is skipped, with the reason, where there is none."""
    found = [path for path in map(shutil.which, NAMES) if path]
    if not found:
        pytest.skip(f"no browser: none of {', '.join(NAMES)} is installed")
    return Browser(found[0], folder)


def probed(page: Path, copy: Path) -> Path:
    """A copy of a page with the probe in it."""
    text = page.read_text(encoding="utf-8")
    assert text.count("</body>") == 1
    copy.write_text(text.replace("</body>", f"{PROBE}</body>"), encoding="utf-8")
    return copy


def assert_whole(page: Path, folder: Path) -> None:
    """Nothing is missing on a page, nothing too wide on a phone or a screen, the console silent.

    Args:
        page: to be looked at.
        folder: for a copy of it and what the browser writes.
    """
    browser, images = browser_in(folder), page.read_text(encoding="utf-8").count("<img ")
    assert browser.console(page) == []
    for width in (390, 1280):
        seen = json.loads(browser.title(probed(page, folder / "probed.html"), width))
        assert (seen["missing"], seen["beyond"]) == (0, [])
        assert seen["images"] == images
        assert seen["scroll"] <= width
