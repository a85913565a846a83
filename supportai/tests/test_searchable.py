"""What changes in an article is found, and what is taken away is not, within seconds, with the worker of each shape."""

import json
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from knowledge.services.ingestion import GRACE
from supportai.tests.conftest import MakeServer
from supportai.tests.servers import DemoServer, Server, manage, wait_until

# Wanted are 5 s on a quiet machine. After the sweep's grace it would not have been the task of the change that did it.
SOON_SECONDS = GRACE.total_seconds() - 1
ISSUE_TOKEN = (
    "from accounts.models import User; from accounts.services.tokens import issue_token; "
    "lead = User.objects.filter(groups__name='lead').first(); "
    "print('token=' + issue_token(user_id=lead.pk, name='t', scopes=['read', 'write']).secret)"
)
QUESTION = "/help/search?q=how+do+I+moor+an+airship+overnight"
TITLE, BODY = (
    "Zeppelins at rest",
    "To moor an airship overnight, open **Hangar** and choose Mooring mast, then wait for the crew.",
)


class Editor:
    """Changes articles over the API, as another system would."""

    def __init__(self, server: Server) -> None:
        self.server = server
        printed = (
            manage(server.data_dir, "shell", "-c", ISSUE_TOKEN)
            if isinstance(server, DemoServer)
            else server.manage("shell", "-c", ISSUE_TOKEN)
        )
        self.token = printed.rpartition("token=")[2].split()[0]

    def send(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        request = urllib.request.Request(
            f"{self.server.url}/api/v1/articles/{path}",
            method=method,
            data=json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            text = response.read()
        return json.loads(text) if text else {}

    def wait(self, check: Callable[[str], bool], what: str) -> None:
        wait_until(lambda: check(self.server.text(QUESTION)), what=what, seconds=SOON_SECONDS, every=0.1)


def test_a_change_is_searchable_within_seconds(seeded: Path, new_server: MakeServer) -> None:
    server = new_server(seeded)
    server.start()
    editor = Editor(server)
    assert TITLE not in server.text(QUESTION)

    made = editor.send("POST", "", title=TITLE, body=BODY)
    editor.wait(lambda page: TITLE in page, "the new article is found")

    editor.send("PATCH", f"{made['id']}/", title="Airships at anchor", body=BODY.replace("Hangar", "Field"))
    editor.wait(lambda page: "Airships at anchor" in page, "the new title is found")

    editor.send("DELETE", f"{made['id']}/")
    editor.wait(lambda page: "Airships" not in page, "the archived article is gone")
