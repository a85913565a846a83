"""The embedded product needs no network: the scenario suite passes in a network namespace with loopback alone."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from supportai.tests.servers import ROOT, embedded_environment

pytestmark = pytest.mark.embedded

SCENARIOS = Path(__file__).with_name("scenarios")
CUT = ["unshare", "-rn", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
REACH_OUT = "import socket; socket.create_connection(('192.0.2.1', 443), timeout=3)"


def run_cut(*command: str, data_dir: Path, timeout: float) -> subprocess.CompletedProcess[str]:
    """Run a command of this Python with the network cut."""
    return subprocess.run(
        [*CUT, sys.executable, *command],
        cwd=ROOT,
        env=embedded_environment(data_dir),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


@pytest.fixture
def cut_off(tmp_path: Path) -> Path:
    """Give a data folder, on a machine where the network can be cut for one process."""
    missing = [tool for tool in ("unshare", "ip") if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"{' and '.join(missing)} not found: install util-linux and iproute2")
    if run_cut("-c", "", data_dir=tmp_path, timeout=30).returncode != 0:
        pytest.skip("unshare -rn is forbidden here: run as root, or allow unprivileged user namespaces")
    return tmp_path


def test_the_network_is_really_cut(cut_off):
    done = run_cut("-c", REACH_OUT, data_dir=cut_off, timeout=30)
    assert done.returncode != 0
    assert "Network is unreachable" in done.stderr


def test_the_scenario_suite_passes_with_the_network_cut(cut_off):
    done = run_cut("manage.py", "simulate", str(SCENARIOS), data_dir=cut_off, timeout=1200)
    assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-2000:]}"
    assert " 0 failed" in done.stdout
