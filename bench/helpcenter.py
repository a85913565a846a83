"""The public help center's pages, beside a plain Django view on the same server.

python bench/helpcenter.py                    both shapes, with the demo's articles
python bench/helpcenter.py --shape embedded --rounds 20
"""

import sys
from collections import defaultdict
from http.client import HTTPConnection
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.harness import Http, Stand, begin, options_of, shapes_of, stand  # noqa: E402 - needs the path
from bench.report import Table, show, write_json  # noqa: E402 - needs the path

PLAIN = "plain view"
UNCHANGED = "article, unchanged since (304)"
ARTICLE = "/help/refund-policy/"
PAGES = {
    PLAIN: "/bench/plain",
    "first page": "/help/",
    "article": ARTICLE,
    "category": "/help/topics/billing/",
    "search, a question": "/help/search?q=how+long+does+a+refund+take",
    "search, nothing fits": "/help/search?q=what+is+the+weather+in+paris",
    "sitemap": "/help/sitemap.xml",
}
WARM_UP = 3


def unchanged(port: int) -> tuple[Http, str]:
    """Give a client that has the article already, and the article's address."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", ARTICLE)
    response = connection.getresponse()
    response.read()
    return Http(port, **{"If-None-Match": response.headers["ETag"]}), ARTICLE


def measure(found: Stand, rounds: int) -> Table:
    """Ask for every page once a round, so that a busy moment of the machine hits all alike."""
    reader = Http(found.http)
    asked = [(name, reader, path) for name, path in PAGES.items()]
    asked.insert(3, (UNCHANGED, *unchanged(found.http)))
    times: dict[str, list[float]] = defaultdict(list)
    cpu: dict[str, list[float]] = defaultdict(list)
    sizes: dict[str, int] = {}
    for number in range(WARM_UP + rounds):
        for name, client, path in asked:
            before = found.cpu_seconds()
            seconds, content = client.timed(path)
            if number >= WARM_UP:
                times[name].append(seconds)
                cpu[name].append(found.cpu_seconds() - before)
                sizes[name] = len(content)
    table = Table(f"Help center, {found.title}")
    for name, _client, _path in asked:
        against = "" if name == PLAIN else PLAIN
        table.times(name, times[name], cpu=cpu[name], against=against, note=f"{sizes[name] / 1000:.0f} kB")
    return table


def main() -> None:
    """Measure each shape."""
    parser = options_of(__doc__)
    parser.add_argument("--rounds", type=int, default=30, help="how often each page is asked for")
    options = begin(parser)
    tables = []
    for shape in shapes_of(options.shape):
        with stand(shape) as found:
            found.run("manage.py", "migrate", "--verbosity", "0")
            found.run("manage.py", "seed_demo", "--no-conversations", "--verbosity", "0")
            found.start()
            tables.append(show(measure(found, options.rounds)))
    write_json(options.json, "helpcenter", tables)


if __name__ == "__main__":
    main()
