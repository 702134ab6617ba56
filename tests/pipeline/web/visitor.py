"""What a person does on the page, in a real browser."""

import json
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlparse

import numpy as np
from PIL import Image
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

Found = TypeVar("Found")
PATIENCE_S = 60


def wait_for(ask: Callable[[], Found], *, seconds: float = PATIENCE_S) -> Any:
    """Ask until the answer is true; fail after so many seconds."""
    end = time.monotonic() + seconds
    while True:
        try:
            if found := ask():
                return found
        except StaleElementReferenceException:
            pass  # it has just been drawn anew
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


class Visitor:
    """Somebody before the page."""

    def __init__(self, browser: Chrome, url: str, downloads: Path) -> None:
        self.browser, self.url, self.downloads = browser, url, downloads

    def come(self, width: int = 1280, height: int = 1000) -> None:
        self.browser.set_window_size(width, height)
        self.browser.get(self.url)
        self.find("#photo input[type=file]")

    def find(self, selector: str) -> WebElement:
        return wait_for(lambda: self.all(selector))[0]

    def all(self, selector: str) -> list[WebElement]:
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def text(self, selector: str) -> str:
        return "\n".join(one.text for one in self.all(selector))

    def wait_for_text(self, selector: str, part: str) -> str:
        return wait_for(lambda: part in self.text(selector) and self.text(selector))

    def click(self, selector: str) -> None:
        element = self.find(selector)
        self.browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
        wait_for(lambda: element.is_displayed() and element.is_enabled())
        element.click()

    def open_tab(self, name: str) -> None:
        tabs = wait_for(lambda: [one for one in self.all("button[role=tab]") if one.text == name])
        tabs[0].click()

    def open_accordion(self, name: str) -> None:
        found = wait_for(lambda: [one for one in self.all("button.label-wrap") if name in one.text])
        found[0].click()

    def give(self, path: Path) -> None:
        """Give a photo, and wait until its result can be downloaded."""
        self.find("#photo input[type=file]").send_keys(str(path))
        self.wait_until_colored()

    def wait_until_colored(self) -> None:
        self.wait_for_text("#download", "full size (")

    def pictures(self) -> list[np.ndarray]:
        """Before and after, as the page has them: (h, w, 3) uint8."""
        urls = [one.get_attribute("src") for one in self.all("#result img")]
        assert len(urls) == 2
        return [self.fetch_picture(str(url)) for url in urls]

    def fetch_picture(self, url: str) -> np.ndarray:
        return np.asarray(Image.open(BytesIO(self.fetch(url))).convert("RGB"))

    def fetch(self, url: str) -> bytes:
        """Fetch what the page may fetch."""
        content = self.browser.execute_async_script(
            "const done = arguments[1]; fetch(arguments[0]).then(r => r.arrayBuffer())"
            ".then(b => done(Array.from(new Uint8Array(b))))", url,
        )  # fmt: skip
        return bytes(content)

    def download(self, selector: str) -> Path:
        """Click a download button; the file that came."""
        before = set(self.downloads.iterdir())
        self.click(selector)

        def found() -> list[Path]:
            """What is there whole: Chrome holds its name with an empty file at first."""
            new = [one for one in self.downloads.iterdir() if one not in before]
            begun = [one for one in new if one.suffix == ".crdownload" or one.name[0] == "."]
            return [] if begun else [one for one in new if one.stat().st_size]

        return wait_for(found)[0]

    def choose(self, category: str) -> None:
        """Choose from the list of categories, with the keyboard."""
        field = self.find("#category input")
        field.click()
        field.send_keys("\ue009a\ue000", category, "\ue007")  # control A, name, enter

    def asked_elsewhere(self) -> list[str]:
        """What the browser has asked of other hosts since the last question."""
        urls = []
        for entry in self.browser.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                urls.append(message["params"]["request"]["url"])
        own = urlparse(self.url).netloc
        web = [one for one in urls if urlparse(one).scheme in ("http", "https", "ws", "wss")]
        return [one for one in web if urlparse(one).netloc != own]
