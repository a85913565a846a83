"""Ask questions through the widget's HTTP API and print each answer with its sources, as Markdown.

python bench/ask.py --base http://localhost:8000 --brand fernway bench/questions/banking.txt
"""

import argparse
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import httpx

PATIENCE_SECONDS = 60.0


def ask(client: httpx.Client, brand: str, question: str) -> tuple[dict[str, Any] | None, float]:
    """Ask as a new visitor; gives the AI agent's first message (None when none came) and the seconds it took."""
    session = client.post("/widget/session", json={"brand": brand}).raise_for_status().json()["session"]
    client.headers["Authorization"] = f"Bearer {session}"
    started = time.monotonic()
    body = {"client_id": str(uuid.uuid4()), "ticket": None, "text": question}
    sent = client.post("/widget/messages", json=body).raise_for_status().json()
    while time.monotonic() - started < PATIENCE_SECONDS:
        query = {"ticket": sent["ticket"], "after": sent["sequence"], "wait": 10}
        found = client.get("/widget/messages", params=query, timeout=30).raise_for_status().json()["messages"]
        answers = [message for message in found if message["author"] == "ai_agent"]
        if answers:
            return answers[0], time.monotonic() - started
    return None, time.monotonic() - started


def main() -> int:
    """Ask every line of a file; exit status 1 when a question got no reply."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("questions", type=Path, help="a text file, one question a line")
    parser.add_argument("--base", default="http://localhost:8000", help="address of the server")
    parser.add_argument("--brand", default="fernway")
    options = parser.parse_args()
    silent = 0
    with httpx.Client(base_url=options.base, timeout=30) as client:
        for number, question in enumerate(filter(None, options.questions.read_text().splitlines()), start=1):
            answer, seconds = ask(client, options.brand, question)
            silent += answer is None
            print(f"### {number}. {question}\n")
            print(f"{answer['body'] if answer else '(no reply)'}\n")
            for source in answer["citations"] if answer else []:
                print(f"- [{source['number']}] {source['title']}")
            print(f"\n{seconds:.1f} s\n", flush=True)
    return 1 if silent else 0


if __name__ == "__main__":
    sys.exit(main())
