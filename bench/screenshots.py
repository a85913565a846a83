"""Take the screenshots of docs/screenshots from a fresh demo, light and dark: `make screenshots`."""

import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from supportai.tests.browser import FIRST_ANSWER, SECONDS, Customer, Staff, chromium  # noqa: E402 - needs the path
from supportai.tests.conftest import IDENTITY  # noqa: E402 - needs the path
from supportai.tests.servers import DemoServer, manage, wait_until  # noqa: E402 - needs the path
from supportai.tests.widget_client import WidgetClient  # noqa: E402 - needs the path

FOLDER = ROOT / "docs" / "screenshots"
DESKTOP = {"width": 1440, "height": 900}
THEMES = ("light", "dark")
CHOICE = re.compile(r'<option value="([0-9a-f-]{36})"')
# What the demo's other customers write meanwhile, so that the inbox looks like one of a working day.
ALSO_ASKED = (
    "I lost my phone and cannot get past the second factor, our payroll is due today",
    "Please let me talk to a person about our contract",
    "Where is our order? It should have been here on Monday",
    "Could you give us a discount if we pay for two years at once?",
    "The accounting sync has been failing since this morning",
    "I want to cancel",
)


def main() -> None:
    """Seed a demo, play a conversation, take every picture."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="supportai-screenshots-") as folder, chromium() as browser:
        print("Seeding a demo ...")
        server = DemoServer(Path(folder))
        manage(server.data_dir, "migrate", "--verbosity", "0")
        manage(server.data_dir, "seed_demo", "--verbosity", "0", timeout=600)
        server.start()
        try:
            wait_until(server.is_quiet, what="the demo is indexed", seconds=120)
            take_widget(browser, server)
            fill_inbox(server)
            take_staff(browser, server)
        finally:
            server.stop()


@contextmanager
def page_in(browser: Browser, theme: str) -> Iterator[Page]:
    """Open a page of a person whose system is light or dark."""
    context = browser.new_context(viewport=DESKTOP, color_scheme=theme, device_scale_factor=1, reduced_motion="reduce")
    try:
        yield context.new_page()
    finally:
        context.close()


def save(page: Page, name: str, theme: str) -> None:
    """Write one picture."""
    page.wait_for_timeout(500)
    page.screenshot(path=FOLDER / f"{name}-{theme}.png")
    print(f"  {name}-{theme}.png")


def take_widget(browser: Browser, server: DemoServer) -> None:
    """Ask a question and complain of a double charge; the light one then says yes, for the staff's pictures."""
    for theme in reversed(THEMES):
        with page_in(browser, theme) as page:
            customer = Customer(page, server.url)
            customer.open_widget()
            page.wait_for_timeout(2 * SECONDS)
            if customer.answers.count():
                customer.press("Start a new one")
                customer.answers.first.wait_for(state="detached")
            customer.ask("How do I set up a recurring invoice?", timeout=FIRST_ANSWER)
            question = customer.ask("I was charged twice this month")
            save(page, "widget", theme)
            if theme == "light":
                question.locator(".ask").get_by_role("button").first.click()
                customer.results.first.wait_for(timeout=45 * SECONDS)
                page.mouse.move(400, 20)
                save(page, "refund", theme)


def fill_inbox(server: DemoServer) -> None:
    """Let the other customers of the demo write."""
    people = CHOICE.findall(server.text("/demo/"))[1:]
    for number, text in enumerate(ALSO_ASKED):
        found = IDENTITY.search(server.text(f"/demo/?as={people[number % len(people)]}"))
        customer = WidgetClient(server.url)
        customer.open(identity=found.group(1) if found else "")
        customer.say(text)
    wait_until(server.is_quiet, what="everybody was answered", seconds=120)


def take_staff(browser: Browser, server: DemoServer) -> None:
    """Show what staff see: the inbox, a ticket with its trace, an admin page, and the help center."""
    for theme in THEMES:
        with page_in(browser, theme) as page:
            ines = Staff(page, server.url)
            ines.sign_in("admin@fernway.example")
            first = page.locator("[data-row]").first.get_attribute("data-row")
            page.goto(f"{server.url}/?ticket={first}")
            page.locator("#pane-head").wait_for()
            save(page, "inbox", theme)
            page.goto(f"{server.url}/?view=resolved")
            ines.open_first_row("How do I set up a recurring invoice?")
            page.get_by_role("region", name="What the AI agent did").wait_for()
            save(page, "ticket", theme)
            for name, path in PAGES.items():
                page.goto(f"{server.url}{path(page)}")
                save(page, name, theme)


def _procedure(page: Page) -> str:
    """Find the admin's page of the double-charge procedure."""
    page.goto("/".join(page.url.split("/")[:3]) + "/admin/tickets/procedure/")
    link = page.get_by_role("link", name="double", exact=False).first
    return str(link.get_attribute("href"))


PAGES: dict[str, Callable[[Page], str]] = {
    "admin": _procedure,
    "helpcenter": lambda _page: "/help/search?q=How+do+I+set+up+a+recurring+invoice%3F",
    "learned": lambda _page: "/learned/",
    "insights": lambda _page: "/insights/",
}

if __name__ == "__main__":
    main()
