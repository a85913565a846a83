"""Scenarios as tests write them: Ana of Northwind was charged twice."""

from pathlib import Path

import yaml

ANA = "ana@northwind.example"
TWICE = {
    "charges": [
        {
            "id": "ch_1",
            "contact": ANA,
            "amount_cents": 4900,
            "currency": "usd",
            "created": "-1d",
            "description": "Pro plan",
        },
        {
            "id": "ch_2",
            "contact": ANA,
            "amount_cents": 4900,
            "currency": "usd",
            "created": "-1d",
            "description": "Pro plan",
        },
    ]
}
VERIFIED = {"email": ANA, "name": "Ana Ruiz", "verified": True, "organization": "Northwind", "plan": "pro"}


def scenario(*turns, **changes):
    """Give the data of a scenario in which Ana was charged twice."""
    steps = [{"say": turn} if isinstance(turn, str) else turn for turn in turns]
    return {"name": "x", "contact": VERIFIED, "sandbox": TWICE, "turns": steps, "expect": {}, **changes}


def written(folder: Path, *documents) -> Path:
    path = folder / "s.yaml"
    path.write_text("---\n".join(d if isinstance(d, str) else yaml.safe_dump(d) for d in documents))
    return path
