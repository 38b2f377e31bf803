"""What hull itself puts into /etc lands inside the root, though the image says that /etc or the file lies elsewhere."""

from tests.cases.conftest import MakeImage
from tests.security.conftest import Canary, Run


def test_cve_2024_9341_the_files_are_links(make_image: MakeImage, run: Run, canary: Canary) -> None:
    image = make_image(
        {
            "etc/hostname": canary.file,
            "etc/hosts": f"{canary.directory}/hosts",
            "etc/resolv.conf": f"../../../..{canary.directory}/new/resolv.conf",
        }
    )
    done = run(
        "--hostname=inner", image, "sh", "-c", "cat /etc/hostname; echo x >>/etc/hosts; echo x >>/etc/resolv.conf"
    )
    canary.assert_untouched()
    assert done.returncode == 125 or done.stdout == b"inner\n", done


def test_cve_2024_9341_etc_is_a_link(make_image: MakeImage, run: Run, canary: Canary) -> None:
    image = make_image({"etc": canary.directory, "etc_": b""})
    run(image, "sh", "-c", "echo x >/etc/hosts; echo y >/etc/planted")
    canary.assert_untouched()
