"""How well the guard tells what a passage says from what it does not, on sentences as a language model may write them.

python bench/support.py                          bench/questions/support.txt over the demo articles
"""

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

QUESTIONS = ROOT / "bench" / "questions" / "support.txt"
ARTICLES = ROOT / "supportai" / "demo" / "articles"


def main() -> int:
    """Print each misjudged sentence and the two shares; exit status 1 when something untrue is carried."""
    from bench.retrieval import setup

    with tempfile.TemporaryDirectory() as folder:
        setup(folder)
        from knowledge.answers_evaluation import corpus_rows
        from tickets.agent.guards.support import supported_by

        sections = sections_of(corpus_rows(ARTICLES))
        counts = {"+": [0, 0], "-": [0, 0]}
        place = ""
        for line in QUESTIONS.read_text(encoding="utf-8").splitlines():
            mark, _, text = line.partition(" ")
            if mark == "=":
                place = text.strip()
            if mark not in counts:
                continue
            is_carried = supported_by(text, sections[place]) is not None
            counts[mark][0] += is_carried
            counts[mark][1] += 1
            if is_carried != (mark == "+"):
                print(f"{'dropped' if mark == '+' else 'CARRIED'}  {place}: {text}")
    (true, all_true), (false, all_false) = counts["+"], counts["-"]
    print(f"true sentences carried: {true} of {all_true}; untrue sentences carried: {false} of {all_false}")
    return 1 if false else 0


def sections_of(rows: list[dict[str, str]]) -> dict[str, str]:
    """Give the text of each section by `id#Heading`."""
    from haystack import Document

    from knowledge.components.markdown_splitter import MarkdownSplitter
    from knowledge.headings import last_heading

    documents = [Document(id=row["id"], content=row["text"], meta={"slug": row["id"]}) for row in rows]
    pieces = MarkdownSplitter().run(documents=documents)["documents"]
    return {f"{piece.meta['slug']}#{last_heading(piece.meta['heading'])}": piece.content or "" for piece in pieces}


if __name__ == "__main__":
    sys.exit(main())
