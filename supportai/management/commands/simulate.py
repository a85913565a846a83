"""`manage.py simulate`: scripted customers against the real agent."""

import json
import os
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from integrations.models import ModelProvider
from supportai.core.models import JSONDict
from supportai.simulation.form import MalformedScenarioError, read_scenarios
from supportai.simulation.runner import SimulationError, run_scenarios

FAILED, UNUSABLE = 1, 2


class Command(BaseCommand):
    help = "Play scenarios (YAML) in throw-away embedded processes. Exit status: 0 all pass, 1 one fails, 2 cannot run."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what DESIGN section 5 defines."""
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files, or folders with *.yaml")
        parser.add_argument("--policy", choices=("local", "llm"), default="local", help="who decides (local)")
        parser.add_argument("--repeat", type=int, default=1, metavar="K", help="play each scenario K times")
        parser.add_argument("--json", type=Path, metavar="FILE", help="write the report there")
        parser.add_argument("--children", type=int, default=2, help="processes at a time (2)")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Play, print, and leave with the exit status."""
        if options["policy"] == "llm":
            self._need_provider()
        try:
            scenarios = read_scenarios(options["paths"])
            entries = run_scenarios(
                scenarios,
                repeat=max(options["repeat"], 1),
                children=options["children"],
                policy=options["policy"],
                on_entry=self._print,
            )
        except (MalformedScenarioError, SimulationError) as exc:
            self.stderr.write(str(exc))
            sys.exit(UNUSABLE)
        failed = sum(not entry["passed"] for entry in entries)
        if options["json"]:
            report = {"scenarios": entries, "passed": len(entries) - failed, "failed": failed}
            options["json"].write_text(json.dumps(report, indent=1, ensure_ascii=False), encoding="utf-8")
        self._table(entries, failed)
        if failed:
            sys.exit(FAILED)

    def _need_provider(self) -> None:
        """Leave when the environment names no provider or an unknown one: no child would ask a model then."""
        known = [str(kind) for kind in ModelProvider.Kind.values]
        kind = os.environ.get("SUPPORTAI_LLM_PROVIDER", "")
        if not kind or not os.environ.get("SUPPORTAI_LLM_MODEL"):
            self.stderr.write("--policy llm needs SUPPORTAI_LLM_PROVIDER and SUPPORTAI_LLM_MODEL.")
        elif kind not in known:
            self.stderr.write(f"SUPPORTAI_LLM_PROVIDER is {kind!r}; it can be {', '.join(known)}.")
        else:
            return
        sys.exit(UNUSABLE)

    def _print(self, entry: JSONDict) -> None:
        mark = "pass" if entry["passed"] else "FAIL"
        again = f" #{entry['repeat']}" if "repeat" in entry else ""
        self.stdout.write(f"{mark}  {entry['seconds']:5.1f} s  {entry['name']}{again}")
        for failure in entry["failures"]:
            self.stdout.write(f"      {failure}")

    def _table(self, entries: list[JSONDict], failed: int) -> None:
        outcomes: dict[str, list[bool]] = {}
        for entry in entries:
            outcomes.setdefault(entry["outcome"] or "broke", []).append(entry["passed"])
        self.stdout.write("")
        self.stdout.write(f"{'outcome':<18}{'scenarios':>10}{'passed':>8}")
        for outcome, passed in sorted(outcomes.items()):
            self.stdout.write(f"{outcome:<18}{len(passed):>10}{sum(passed):>8}")
        self.stdout.write(f"{len(entries) - failed} passed, {failed} failed")
