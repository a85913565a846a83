"""A browser for tests and screenshots: what a customer and a member of staff do, by the names that they read."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from conftest import chromium_path

SECONDS = 1000
# The first answer of a process loads the models.
FIRST_ANSWER = 90 * SECONDS
ANSWER = 45 * SECONDS


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser and end it; never keep it over tests that use the ORM, since its loop owns the thread."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Customer:
    """Somebody on the demo page with the widget."""

    page: Page
    url: str

    def open_widget(self) -> None:
        """Go to the demo page and open the widget."""
        self.page.goto(f"{self.url}/demo/")
        self.page.get_by_role("button", name=re.compile("^Help")).click()
        expect(self.composer).to_be_visible(timeout=15 * SECONDS)

    @property
    def panel(self) -> Locator:
        """Find the open widget."""
        return self.page.get_by_role("dialog")

    @property
    def composer(self) -> Locator:
        """Find the field to write in."""
        return self.panel.get_by_label("Write a message")

    @property
    def answers(self) -> Locator:
        """Find the AI agent's finished messages."""
        return self.panel.locator(".m.ai[data-sequence], .group[data-sequence]")

    @property
    def results(self) -> Locator:
        """Find the cards that say what was done."""
        return self.panel.locator(".result")

    def say(self, text: str) -> None:
        """Write and send."""
        self.composer.fill(text)
        self.composer.press("Enter")
        expect(self.panel.locator(".m.me[data-sequence]", has_text=text).last).to_be_visible(timeout=15 * SECONDS)

    def ask(self, text: str, *, timeout: int = ANSWER) -> Locator:
        """Send, and give the AI agent's next message."""
        known = self.answers.count()
        self.say(text)
        expect(self.answers).to_have_count(known + 1, timeout=timeout)
        return self.answers.last

    def press(self, name: str | re.Pattern[str]) -> None:
        """Press a button of the widget."""
        self.panel.get_by_role("button", name=name).last.click()

    def search_until(self, words: str, wanted: str, *, tries: int = 60) -> None:
        """Search the help center again and again until it finds something."""
        for _ in range(tries):
            if wanted in self.page.request.get(f"{self.url}/help/search", params={"q": words}).text():
                return
            self.page.wait_for_timeout(SECONDS)
        raise AssertionError(f"the help center never found {wanted}")


@dataclass
class Staff:
    """Somebody who works here."""

    page: Page
    url: str

    def sign_in(self, email: str) -> None:
        """Sign in with the demo's password."""
        self.page.goto(f"{self.url}/")
        self.page.get_by_label("E-mail address").fill(email)
        self.page.get_by_label("Password").fill("demo")
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        expect(self.page.get_by_role("navigation").first).to_be_visible()

    def open_first_row(self, words: str) -> None:
        """Open the newest ticket of the list that has these words, on its own page."""
        row = self.page.locator(".ticket-row", has_text=words[:40]).first
        expect(row).to_be_visible(timeout=15 * SECONDS)
        address = row.get_attribute("href")
        self.page.goto(f"{self.url}{address}")

    def reply(self, text: str) -> None:
        """Answer the customer."""
        self.page.get_by_label("Your text").fill(text)
        self.page.get_by_role("button", name=re.compile("^Send to customer")).click()

    def reload_until(self, path: str, wanted: Locator, *, tries: int = 60) -> None:
        """Look at a page again and again until it shows something."""
        for _ in range(tries):
            self.page.goto(f"{self.url}{path}")
            if wanted.count():
                return
            self.page.wait_for_timeout(SECONDS)
        raise AssertionError(f"{path} never showed what was waited for")
