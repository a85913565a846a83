"""The staff's pages and the API at 100,000 tickets, beside a plain Django view on the same server.

python bench/inbox.py                       both shapes; the desk is made at the first run (2 minutes) and kept
python bench/inbox.py --shape embedded --tickets 1000
"""

import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.harness import Http, Stand, begin, options_of, seeded_stand, shapes_of  # noqa: E402 - needs the path
from bench.report import Table, show, write_json  # noqa: E402 - needs the path

PLAIN = "plain view"
WARM_UP = 3


def pages(facts: dict[str, Any], staff: Http) -> dict[str, str]:
    """Name the addresses of staff; the next page's is read from the first."""
    first = staff.timed("/inbox/rows/?view=resolved")[1].decode()
    cursor = first.partition("cursor=")[2].partition('"')[0].partition("&")[0]
    return {
        PLAIN: "/bench/plain",
        "plain view that knows the user": "/bench/query",
        "inbox, Needs you": "/",
        "inbox, with a ticket open": f"/?ticket={facts['open_ticket']}",
        "inbox, All open": "/?view=all",
        "inbox, Mine": "/?view=mine",
        "inbox, Waiting for customer": "/?view=waiting",
        "inbox, Resolved": "/?view=resolved",
        "inbox, one team": "/?team=billing",
        "inbox, search a common word": "/?q=invoice",
        "inbox, search a customer": "/?q=kira.novak",
        "inbox, search two words": "/?q=webhook+fails",
        "inbox, search what is nowhere": "/?q=zyzzyva",
        "inbox, search a number": f"/?q=%23{facts['number']}",
        "rows, next page of Resolved": f"/inbox/rows/?view=resolved&cursor={cursor}",
        "row after a doorbell": f"/inbox/rows/{facts['open_ticket']}/",
        "counts after a doorbell": "/inbox/views/",
        "reading pane": f"/tickets/{facts['open_ticket']}/pane/",
        "ticket page": f"/tickets/{facts['resolved_ticket']}/",
    }


def api_pages(facts: dict[str, Any], api: Http) -> dict[str, str]:
    """Name the addresses of the API; the next page's is read from the first."""
    after = str(api.json("/api/v1/tickets/")["next"]).partition("/api/")[2]
    return {
        "API tickets": "/api/v1/tickets/",
        "API tickets, next page": f"/api/{after}",
        "API tickets, open": "/api/v1/tickets/?status=open",
        "API tickets, one customer's address": "/api/v1/tickets/?email=ana.berg.7@example.com",
        "API ticket": f"/api/v1/tickets/{facts['resolved_ticket']}/",
        "API messages": f"/api/v1/tickets/{facts['resolved_ticket']}/messages/",
        "API runs": "/api/v1/runs/",
        "API contacts": "/api/v1/contacts/",
    }


def measure(stand: Stand, facts: dict[str, Any], rounds: int) -> Table:
    """Ask for every page once a round, so that a busy moment of the machine hits all alike."""
    staff = Http(stand.http, Cookie=facts["cookie"])
    api = Http(stand.http, Authorization=f"Bearer {facts['token']}")
    asked = [(name, staff, path) for name, path in pages(facts, staff).items()]
    asked += [(name, api, path) for name, path in api_pages(facts, api).items()]
    times: dict[str, list[float]] = defaultdict(list)
    cpu: dict[str, list[float]] = defaultdict(list)
    sizes: dict[str, int] = {}
    for number in range(WARM_UP + rounds):
        for name, client, path in asked:
            before = stand.cpu_seconds()
            seconds, content = client.timed(path)
            if number >= WARM_UP:
                times[name].append(seconds)
                cpu[name].append(stand.cpu_seconds() - before)
                sizes[name] = len(content)
    table = Table(f"Pages at {facts['tickets']:,} tickets, {stand.title}")
    for name, _client, _path in asked:
        table.times(
            name,
            times[name],
            cpu=cpu[name],
            against="" if name == PLAIN else PLAIN,
            note=f"{sizes[name] / 1000:.0f} kB",
        )
    return table


def main() -> None:
    """Measure each shape."""
    parser = options_of(__doc__)
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=30, help="how often each page is asked for")
    parser.add_argument("--reseed", action="store_true", help="make the desk anew")
    parser.add_argument(
        "--queries", action="store_true", help="instead of times, each page's queries and the slowest plan"
    )
    options = begin(parser)
    tables = []
    for shape in shapes_of(options.shape):
        with seeded_stand(shape, options.tickets, reseed=options.reseed) as (stand, facts):
            if options.queries:
                staff, api = (
                    Http(stand.http, Cookie=facts["cookie"]),
                    Http(stand.http, Authorization=f"Bearer {facts['token']}"),
                )
                paths = pages(facts, staff) | api_pages(facts, api)
                print(stand.run("bench/explain.py", json.dumps(paths), json.dumps(facts)))
            else:
                tables.append(show(measure(stand, facts, options.rounds)))
    write_json(options.json, "inbox", tables)


if __name__ == "__main__":
    main()
