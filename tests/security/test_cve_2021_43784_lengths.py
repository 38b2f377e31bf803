"""Lists that are longer than a length field, a page or a plan."""

import pytest
from hull.errors import UserError
from hull.runtime import ops

from tests.security.conftest import Run


def test_cve_2021_43784_a_plan_over_four_mebibytes_is_refused() -> None:
    with pytest.raises(UserError, match="bytes"):
        ops.encode([("env", f"A{n}={'x' * 100_000}") for n in range(50)])


def test_cve_2021_43784_an_option_list_over_a_page_is_whole_or_refused(run: Run) -> None:
    words = ",".join(["mode=0755"] * 600 + ["size=64k"])
    done = run("--tmpfs", f"/t:{words}", "busybox", "sh", "-c", "df -k /t | tail -1")
    assert done.returncode == 125 or done.stdout.split()[1] == b"64", done


def test_cve_2021_43784_many_long_volumes_are_all_there(run: Run, tmp_path_factory: pytest.TempPathFactory) -> None:
    source = tmp_path_factory.mktemp("s")
    source.chmod(0o755)
    flags = [f"-v={source}:/{'d' * 200}/{number}" for number in range(400)]
    done = run(*flags, "busybox", "sh", "-c", "grep -c ddd /proc/self/mountinfo")
    assert done.stdout == b"400\n", done
