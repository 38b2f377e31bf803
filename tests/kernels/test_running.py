"""A kernel in a container, as jupyter_client drives it."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from tests.kernels.home import text
from tests.waiting import gone, until


def sockets(pid):
    """Return the inodes of a process's sockets."""
    links = (os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd"))
    return {link[8:-1] for link in links if link.startswith("socket:")}


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(word) for word in file.read().split()]


pytestmark = [pytest.mark.real, pytest.mark.needs("launcher", "userns")]
KERNEL = "boxed"


@pytest.fixture(scope="module")
def kernel(home, tmp_path_factory):
    folder = tmp_path_factory.mktemp("folder")
    folder.chmod(0o777)
    with home.started(KERNEL, str(folder)) as running:
        running.folder = folder
        yield running
    assert home.containers() == []
    assert home.sockets() == []


def test_it_is_in_a_container_in_the_folder(kernel):
    where = kernel.printed("import os; print(os.getcwd(), os.path.exists('/bin/busybox'), os.getuid())")
    assert where == f"{kernel.folder} True 0\n"


def test_files_of_the_folder_are_the_callers(kernel):
    kernel.printed("open('made', 'w').write('inside')")
    made = kernel.folder / "made"
    assert made.read_text() == "inside"
    assert os.geteuid() == 0 or made.stat().st_uid == os.geteuid()


def test_no_port_is_open_here_or_there(kernel):
    assert kernel.manager.transport == "ipc"
    ours = sockets(kernel.pid) | {inode for child in children_of(kernel.pid) for inode in sockets(child)}
    with open("/proc/net/tcp") as lines, open("/proc/net/tcp6") as more:
        assert not ours & {line.split()[9] for line in (*lines, *more)}
    inside = kernel.printed("print([line.split(':')[0].strip() for line in open('/proc/net/dev')][2:])")
    assert inside == "['lo']\n"


def test_the_sockets_are_the_callers_alone(kernel, home):
    (place,) = home.sockets()
    assert os.stat(f"{home.kernels}/{place}").st_mode & 0o777 == 0o700
    assert os.stat(f"{home.kernels}/{place}/connection.json").st_mode & 0o777 == 0o600


def test_a_file_of_the_folder_shadows_nothing_at_the_start(home, folder):
    with open(f"{folder}/zmq.py", "w") as file:
        file.write("raise SystemExit('shadowed')")
    with home.started(KERNEL, folder) as running:
        assert running.printed("import sys; print('' in sys.path)") == "True\n"  # as in any notebook, from now on


def test_a_notebook_at_the_root_gets_no_folder(home):
    with home.started(KERNEL, "/") as running:
        assert running.printed("import os; print(os.path.exists('/bin/busybox'), os.getcwd())") == "True /\n"


def test_an_interrupt_is_heard_once(kernel):
    code = (
        "import signal, time\nheard = []\nprevious = signal.signal(signal.SIGINT, lambda *_: heard.append(1))\n"
        "print('ready', flush=True)\nend = time.monotonic() + 30\n"
        "while not heard and time.monotonic() < end: time.sleep(0.01)\n"
        "time.sleep(0.3)\nsignal.signal(signal.SIGINT, previous)\nprint(len(heard))"
    )
    ident = kernel.client.execute(code)
    messages = kernel.outputs(ident)
    assert any("ready" in text(message) for message in messages)
    kernel.manager.interrupt_kernel()
    assert "".join(map(text, messages)) == "1\n"


ASLEEP = "import threading, time\nthreading.Timer(0.5, print, ['ready'], {'flush': True}).start()\ntime.sleep(100)"


def test_an_interrupt_ends_the_cell_and_nothing_else(kernel):
    kernel.printed("kept = 'kept'")
    ident = kernel.client.execute(ASLEEP)
    messages = kernel.outputs(ident)
    assert any("ready" in text(message) for message in messages)
    kernel.manager.interrupt_kernel()
    assert "KeyboardInterrupt" in "".join(map(text, messages))
    assert kernel.printed("print(kept)") == "kept\n"


def test_it_asks_and_is_answered(kernel):
    assert kernel.printed("print(input('? ')[::-1])", stdin="hello") == "olleh\n"


def test_much_output_is_whole(kernel):
    assert len(kernel.printed("print('x' * 8_000_000)")) == 8_000_001


def test_displays_and_their_updates_arrive(kernel):
    code = (
        "from IPython.display import display, HTML\nh = display(HTML('<b>1</b>'), display_id=True)\nh.update(HTML('2'))"
    )
    sent = [(m["msg_type"], m["content"]["data"]["text/html"]) for m in kernel.messages(code) if "data" in m["content"]]
    assert sent == [("display_data", "<b>1</b>"), ("update_display_data", "2")]


def test_comms_go_both_ways(kernel):
    opened = kernel.messages(
        "import comm\nc = comm.create_comm('t')\nc.on_msg(lambda m: c.send(m['content']['data'][::-1]))"
    )
    (ident,) = [m["content"]["comm_id"] for m in opened if m["msg_type"] == "comm_open"]
    sent = kernel.client.session.msg("comm_msg", {"comm_id": ident, "data": "abc"})
    kernel.client.shell_channel.send(sent)
    answers = list(kernel.outputs(sent["header"]["msg_id"]))
    assert [m["content"]["data"] for m in answers if m["msg_type"] == "comm_msg"] == ["cba"]


def test_a_debugger_attaches(kernel):
    pytest.importorskip("debugpy", reason="debugpy is not installed")
    request = {"type": "request", "seq": 1, "command": "initialize", "arguments": {"clientID": "t", "adapterID": "t"}}
    message = kernel.client.session.msg("debug_request", request)
    kernel.client.control_channel.send(message)
    answer = kernel.client.control_channel.get_msg(timeout=60)
    assert answer["content"]["success"] is True


def test_a_restart_is_a_new_process_on_the_same_sockets(kernel, home):
    kernel.printed("state = 1")
    before = home.containers()
    kernel.manager.restart_kernel(now=True)
    kernel.client.wait_for_ready(timeout=60)
    assert kernel.printed("print('state' in globals())") == "False\n"
    assert len(home.containers()) == 1
    assert home.containers() != before


def test_two_kernels_are_apart(kernel, home, folder):
    with home.started(KERNEL, folder) as other:
        names = {running.printed("import platform; print(platform.node())") for running in (kernel, other)}
        assert len(names) == 2
    assert kernel.printed("print(1)") == "1\n"
    assert len(home.containers()) == 1


def test_a_kernel_that_dies_is_told(home, folder):
    with home.started(KERNEL, folder) as running:
        process = running.manager.provisioner.process
        running.client.execute("import os; os.kill(os.getpid(), 9)")
        assert process.wait(60) == 137
    assert len(home.containers()) == 1  # the module's


SERVER = """
import os, sys
from jupyter_client.manager import start_new_kernel
manager, client = start_new_kernel(kernel_name="boxed", startup_timeout=60)
print(manager.provisioner.pid, flush=True)
sys.stdin.read()
"""


def test_nothing_outlives_a_jupyter_that_is_killed(kernel, home, folder, children):
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER], env=home.env, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    children.append(server)
    pid = int(server.stdout.readline())
    assert len(home.containers()) == len(home.sockets()) == 2
    server.kill()
    assert gone(pid, 30)
    assert len(home.containers()) == len(home.sockets()) == 1


def test_it_outlives_the_thread_that_started_it(home, folder):
    made = []
    context = home.started(KERNEL, folder)
    thread = threading.Thread(target=lambda: made.append(context.__enter__()))
    thread.start()
    thread.join()
    assert made[0].printed("print(1)") == "1\n"
    context.__exit__(None, None, None)


def test_a_killed_hull_takes_its_kernel_with_it(kernel, home, folder):
    with home.started(KERNEL, folder) as running:
        os.kill(running.pid, signal.SIGKILL)
        until(lambda: len(home.containers("-q")) == 1, "the container to end")
    with home.started(KERNEL, folder):
        assert len(home.containers()) == len(home.sockets()) == 2  # what the killed one left is gone
