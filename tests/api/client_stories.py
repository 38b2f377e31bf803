"""The docker client's documented commands, each typed once: what it prints, its exit code, what is true afterwards.

A story is steps of the client, `then(…)`, and what each must print (a pattern, searched in its standard output or,
where it fails, in its standard error). Names: @up runs, @done has ended with 3; @box, @net, @vol and @img are the
story's own, @dir is a directory, @hub a registry, @now the time. Spellings of one command are both typed somewhere.
"""

from typing import NamedTuple


class Step(NamedTuple):
    """One call of the client; `code` other than 0 searches standard error."""

    words: str
    pattern: str
    code: int
    given: bytes


Story = tuple[Step, ...]


def then(words: str, pattern: str = "", code: int = 0, given: bytes = b"") -> Step:
    """Return a step."""
    return Step(words, pattern, code, given)


ID, SHORT, DIGEST = "[0-9a-f]{64}", "[0-9a-f]{12}", "sha256:[0-9a-f]{64}"
AGO = r"(Less than a second|About a minute|\d+ (seconds?|minutes?))"
NO_CONTAINER = "^Error response from daemon: No such container: nothing"
NO_IMAGE = "^Error response from daemon: No such image: nothing:latest"

CONTAINERS: dict[str, Story] = {
    "create": (
        then("create --name @box --label a=b busybox true", f"^{ID}$"),
        then("container ls -a -f name=^@box$ --format {{.Status}}", "^Created$"),
        then("create --name @box busybox", 'Conflict. The container name "/@box" is already in use', 1),
    ),
    "start": (
        then("container create --name @box busybox sh -c 'echo said; exit 4'", f"^{ID}$"),
        then("start @box", "^@box$"),
        then("container wait @box", "^4$"),
        then("container start -a @box", "", 4),
        then("logs @box", r"\Asaid\nsaid\n\Z"),
        then("start nothing", f"{NO_CONTAINER}\n+Error: failed to start containers: nothing", 1),
    ),
    "run": (
        then("run --rm busybox echo a b", r"\Aa b\n\Z"),
        then("run --rm busybox sh -c 'echo a >&2; exit 7'", r"\Aa\n\Z", 7),
        then("container run --rm -i busybox cat", r"\Ain\nput\Z", given=b"in\nput"),
        then("run --rm --pid container:@up busybox ps -o args", r"^sleep 600\n(.*\n)*ps -o args$"),
        then("run --rm --pid container:@done busybox ps", "failed to join PID namespace: .* is not running", 125),
        then("run --rm busybox nothing", "nothing", 127),
        then("run --rm busybox /etc", "", 126),
        then("run --rm --ulimit nofile=64:128 busybox sh -c 'ulimit -n; ulimit -Hn'", r"\A64\n128\n\Z"),
        then("run --rm -e A=1 -w /tmp -u 1:1 -h host busybox sh -c 'echo $A; pwd; id -u; hostname'",
             r"\A1\n/tmp\n1\nhost\n\Z"),
    ),
    "run -d": (
        then("run -d --name @box busybox sleep 300", rf"\A{ID}\n\Z"),
        then("ps -f name=@box", rf"\ACONTAINER ID +IMAGE +COMMAND +CREATED +STATUS +PORTS +NAMES\n"
             rf'{SHORT} +busybox +"sleep 300" +{AGO} ago +Up {AGO} +@box\n\Z'),
        then("container rm @box", "cannot remove container .*container is running: stop the container before "
             "removing or force remove", 1),
        then("rm -f @box", "^@box$"),
    ),
    "stop": (
        then("run -d --name @box busybox sh -c 'trap \"exit 5\" TERM; while :; do sleep 0.05; done'", f"^{ID}$"),
        then("stop @box", "^@box$"),
        then("inspect -f {{.State.Status}}:{{.State.ExitCode}} @box", "^exited:5$"),
        then("container stop @box", "^@box$"),
        then("stop nothing", NO_CONTAINER, 1),
        then("container rm @box", "^@box$"),
    ),
    "restart": (
        then("run -d --name @box busybox sleep 300", f"^{ID}$"),
        then("restart -t 0 @box", "^@box$"),
        then("container restart -t 0 @box", "^@box$"),
        then("container inspect -f '{{.State.Running}} {{.RestartCount}}' @box", "^true 0$"),
    ),
    "kill": (
        then("run -d --name @box busybox sleep 300", f"^{ID}$"),
        then("kill -s KILL @box", "^@box$"),
        then("wait @box", "^137$"),
        then("container kill @box", "cannot kill container: @box: .*is not running", 1),
    ),
    "pause": (
        then("run -d --name @box busybox sleep 300", f"^{ID}$"),
        then("pause @box", "^@box$"),
        then("ps -f name=@box --format {{.Status}}", r"^Up .* \(Paused\)$"),
        then("container unpause @box", "^@box$"),
        then("container pause @box", "^@box$"),
        then("unpause @box", "^@box$"),
        then("unpause @box", "is not paused", 1),
    ),
    "rename": (
        then("create --name @box busybox", f"^{ID}$"),
        then("rename @box @box-two"),
        then("container rename @box-two @box"),
        then("container inspect -f {{.Name}} @box", "^/@box$"),
    ),
    "update": (
        then("create --name @box busybox", f"^{ID}$"),
        then("update --restart on-failure:2 @box", "^@box$"),
        then("container update --restart always @box", "^@box$"),
        then("inspect -f {{.HostConfig.RestartPolicy.Name}} @box", "^always$"),
    ),
    "exec": (
        then("exec @up sh -c 'echo out; exit 9'", r"\A\Z", 9),
        then("container exec -i @up cat", r"\Aio\Z", given=b"io"),
        then("exec -e A=1 -w /tmp -u 7 @up sh -c 'echo $A $PWD $(id -u)'", r"\A1 /tmp 7\n\Z"),
        then("exec -d @up touch /tmp/touched"),
        then("exec @up nothing", "", 127),
        then("exec @done true", "container .* is not running", 1),
    ),
    "attach": (
        then("run -d -i --name @box busybox sh -c 'read a; echo $a; exit 6'", f"^{ID}$"),
        then("attach @box", "", 6, given=b"said\n"),
        then("container attach @done", "cannot attach to a stopped container, start it first", 1),
        then("logs @box", r"\Asaid\n\Z"),
    ),
    "logs": (
        then("logs @done", r"\Aone\ntwo\n\Z"),
        then("logs -n 1 @done", r"\Atwo\n\Z"),
        then("container logs -t --tail 1 @done", r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z two\n\Z"),
        then("logs -f @done", r"\Aone\ntwo\n\Z"),
        then("logs nothing", NO_CONTAINER, 1),
    ),
    "top": (
        then("top @up", r"\A\s*UID +PID +PPID +C +STIME +TTY +TIME +CMD\n.* sleep 600\n"),
        then("container top @up -o pid,comm", r"\A\s*PID +COMMAND\n\s*\d+ +\S+"),
        then("top @done", "is not running", 1),
    ),
    "stats": (
        then("stats --no-stream @up",
             r"\ACONTAINER ID +NAME +CPU % +MEM USAGE / LIMIT +MEM % +NET I/O +BLOCK I/O +PIDS\n"
             rf"{SHORT} +@up +\d+\.\d+% +\S+ / \S+ +\S+ +\S+ / \S+ +\S+ / \S+ +\d+\n"),
        then("container stats --no-stream --format {{.Name}} @up", "^@up$"),
    ),
    "diff": (
        then("diff @done", r"^A /made$"),
        then("container diff @done", r"^C /tmp$|^A /made$"),
    ),
    "port": (
        then("port @up", r"^80/tcp -> 127\.0\.0\.1:\d+$"),
        then("container port @up 80/tcp", r"^127\.0\.0\.1:\d+$"),
        then("port @up 81", "No public port '81' published for @up", 1),
    ),
    "cp": (
        then("cp @done:/made @dir/made", ""),
        then("container cp @dir/made @up:/tmp/copied", ""),
        then("exec @up cat /tmp/copied", r"\Amade\n\Z"),
        then("cp @up:/tmp/copied -", "copied"),
        then("cp @up:/nothing @dir", "Could not find the file /nothing in container @up", 1),
    ),
    "export": (
        then("export -o @dir/tree.tar @done"),
        then("container export @done", "made"),
        then("import @dir/tree.tar @img:in", DIGEST),
        then("run --rm @img:in cat /made", r"\Amade\n\Z"),
    ),
    "commit": (
        then("commit -m words -c 'CMD [\"cat\",\"/made\"]' @done @img", f"^{DIGEST}$"),
        then("run --rm @img", r"\Amade\n\Z"),
        then("container commit @done @img:two", f"^{DIGEST}$"),
        then("image history @img", rf"\AIMAGE +CREATED +CREATED BY +SIZE +COMMENT\n{SHORT} .* words\n"),
    ),
    "inspect": (
        then("inspect -f '{{.Name}} {{.State.Status}} {{.Config.Image}}' @up", "^/@up running busybox$"),
        then("container inspect @done", r'"ExitCode": 3,'),
        then("inspect nothing", r"^Error: No such object: nothing", 1),
        then("container inspect nothing", "^Error response from daemon: No such container: nothing", 1),
        then("inspect -s -f {{.SizeRw}} @done", r"^\d+$"),
    ),
    "ps": (
        then("ps -q --no-trunc -f name=@up", f"^{ID}$"),
        then("ps -a -f exited=3 -f name=@done --format {{.Status}}", rf"^Exited \(3\) {AGO} ago$"),
        then("container list -a -n 1 -q", f"^{SHORT}$"),
        then("ps -s -f name=@up --format {{.Size}}", r"^\S+ \(virtual \S+\)$"),
        then("ps -f status=nonsense", "invalid filter 'status=nonsense'|[Ii]nvalid .*nonsense", 1),
    ),
    "healthcheck": (
        then("run -d --name @box --health-cmd 'test -e /healthy' --health-interval 60s --health-retries 2 busybox "
             "sleep 300", f"^{ID}$"),
        then("inspect -f '{{json .Config.Healthcheck.Test}} {{.State.Health.Status}}' @box",
             r'^\["CMD-SHELL","test -e /healthy"\] starting$'),
        then("ps -f health=starting -f name=@box --format {{.Status}}", r"\(health: starting\)$"),
    ),
    "rm": (
        then("create --name @box -v /anonymous busybox", f"^{ID}$"),
        then("rm -v @box", "^@box$"),
        then("rm nothing", NO_CONTAINER, 1),
        then("rm -f nothing", "No such container: nothing"),
    ),
    "container prune": (
        then("create --label story=@box --name @box busybox", f"^{ID}$"),
        then("container prune -f --filter label=story=@box",
             rf"\ADeleted Containers:\n{ID}\n\nTotal reclaimed space: \d+(\.\d+)?k?B\n\Z"),
    ),
}  # fmt: skip

IMAGES: dict[str, Story] = {
    "images": (
        then("images busybox", r"\AREPOSITORY +TAG +IMAGE ID +CREATED +SIZE\n"
             rf"(.*\n)*busybox +latest +{SHORT} +.* ago +\d+(\.\d+)?[kM]B\n"),
        then("image ls -q --no-trunc busybox", f"^{DIGEST}$"),
        then("images --digests --format {{.Repository}} -f reference=busybox", "^busybox$"),
    ),
    "tag": (
        then("tag busybox @img:one"),
        then("image tag busybox @img:two"),
        then("rmi @img:one", "^Untagged: @img:one$"),
        then("image rm @img:two", "^Untagged: @img:two$"),
        then("rmi @img:two", "^Error response from daemon: No such image: @img:two", 1),
        then("tag nothing a", NO_IMAGE, 1),
    ),
    "build": (
        then("build -t @img -", r"Successfully tagged @img:latest",
             given=b"FROM busybox\nRUN echo 1 >/one\nCMD cat /one\n"),
        then("run --rm @img", r"\A1\n\Z"),
        then("image build -q -t @img:two -", f"^{DIGEST}$", given=b"FROM busybox\nLABEL a=b\n"),
        then("image inspect -f '{{index .Config.Labels \"a\"}}' @img:two", "^b$"),
        then("builder build -t @img:three -", "returned a non-zero code: 3", 3, given=b"FROM busybox\nRUN exit 3\n"),
    ),
    "history": (
        then("history -q busybox", f"^{SHORT}$|^<missing>$"),
        then("history --no-trunc busybox", r"\AIMAGE +CREATED +CREATED BY +SIZE +COMMENT\n"),
    ),
    "image inspect": (
        then("image inspect -f '{{.Os}} {{.RootFS.Type}}' busybox", "^linux layers$"),
        then("image inspect nothing", "^Error: No such image: nothing|No such image: nothing", 1),
        then("inspect --type image -f {{.Id}} busybox", f"^{DIGEST}$"),
    ),
    "save": (
        then("tag busybox @img"),
        then("save -o @dir/image.tar @img"),
        then("rmi @img", "^Untagged: @img:latest$"),
        then("load -i @dir/image.tar", r"^Loaded image: @img:latest$"),
        then("image save -o @dir/two.tar @img busybox"),
        then("image load -q -i @dir/two.tar", "^Loaded image: @img:latest$"),
        then("save nothing -o @dir/three.tar", "No such image: nothing|reference does not exist", 1),
    ),
    "import": (
        then("export -o @dir/tree.tar @done"),
        then("image import -c 'CMD [\"cat\",\"/made\"]' -m why @dir/tree.tar @img", f"^{DIGEST}$"),
        then("run --rm @img", r"\Amade\n\Z"),
        then("history --format {{.Comment}} @img", "^why$"),
    ),
    "push": (
        then("tag busybox @hub/@img"),
        then("push @hub/@img", r"latest: digest: sha256:[0-9a-f]{64} size: \d+"),
        then("rmi @hub/@img", "^Untagged: @hub/@img:latest$"),
        then("pull @hub/@img",
             rf"Digest: {DIGEST}\nStatus: (Downloaded newer image|Image is up to date) for @hub/@img:latest"),
        then("image pull -q @hub/@img", "^@hub/@img:latest$"),
        then("image push -q @hub/@img", "^@hub/@img:latest$"),
                then("pull @hub/nothing", "manifest unknown|not found", 1),
    ),
    "login": (
        then("login -u test --password-stdin @hub", "Login Succeeded", given=b"s3cret"),
        then("logout @hub", "^Removing login credentials for @hub$"),
    ),
    "image prune": (
        then("build -q --label story=@img -", f"^{DIGEST}$", given=b"FROM busybox\nENV A=@img\n"),
        then("image prune -f --filter label=story=@img", r"\ADeleted Images:\ndeleted: sha256:"),
    ),
    "builder prune": (
        then("builder prune -f --filter until=240h", r"Total reclaimed space: \S+"),
    ),
}  # fmt: skip

OTHERS: dict[str, Story] = {
    "network create": (
        then("network create --label a=b --subnet 10.213.7.0/24 @net", f"^{ID}$"),
        then("network ls -f name=@net", rf"\ANETWORK ID +NAME +DRIVER +SCOPE\n{SHORT} +@net +bridge +local\n\Z"),
        then("network inspect -f '{{(index .IPAM.Config 0).Subnet}} {{.Labels.a}}' @net", r"^10\.213\.7\.0/24 b$"),
        then("network create @net", "network with name @net already exists", 1),
        then("network rm @net", "^@net$"),
        then("network rm @net", "network @net not found", 1),
    ),
    "network connect": (
        then("network create @net", f"^{ID}$"),
        then("create --name @box --network @net busybox", f"^{ID}$"),
        then("network create @net-two", f"^{ID}$"),
        then("network connect --alias other @net-two @box"),
        then("inspect -f '{{range $n, $_ := .NetworkSettings.Networks}}{{$n}} {{end}}' @box", "^@net @net-two $"),
        then("network disconnect @net-two @box"),
        then("network disconnect @net-two @box", "is not connected to", 1),
        then("rm @box", "^@box$"),
        then("network rm @net @net-two", "^@net\n@net-two$"),
    ),
    "network ls": (
        then("network ls --format '{{.Name}} {{.Driver}}'", r"(?s)^bridge bridge$.*^host host$.*^none null$"),
        then("network inspect bridge host none -f {{.Name}}", r"^bridge\nhost\nnone$"),
        then("network rm bridge", "bridge is a pre-defined network and cannot be removed", 1),
    ),
    "network prune": (
        then("network create --label story=@net @net", f"^{ID}$"),
        then("network prune -f --filter label=story=@net", r"\ADeleted Networks:\n@net\n"),
    ),
    "volume": (
        then("volume create --label story=@vol @vol", "^@vol$"),
        then("volume ls -f name=@vol", r"\ADRIVER +VOLUME NAME\nlocal +@vol\n\Z"),
        then("volume inspect -f '{{.Driver}} {{.Scope}} {{.Labels.story}}' @vol", "^local local @vol$"),
        then("run --rm --name @box -v @vol:/v busybox sh -c 'echo 1 >/v/one'"),
        then("create --name @box -v @vol:/v busybox", f"^{ID}$"),
        then("volume rm @vol", "volume is in use", 1),
        then("rm @box", "^@box$"),
        then("volume rm @vol", "^@vol$"),
        then("volume inspect @vol", "no such volume", 1),
    ),
    "volume prune": (
        then("volume create --label story=@vol @vol", "^@vol$"),
        then("volume prune -af --filter label=story=@vol", r"\ADeleted Volumes:\n@vol\n\nTotal reclaimed space: "),
    ),
    "info": (
        then("info", r"(?s)Server Version: .*Storage Driver: overlay2.*Logging Driver: json-file"),
        then("system info -f '{{.OSType}} {{.DockerRootDir}}'", "^linux /"),
        then("version", r"(?s)\AClient:.*\nServer:.*API version: +1\.\d+ \(minimum version 1\.24\)"),
    ),
    "system df": (
        then("system df",
             r"\ATYPE +TOTAL +ACTIVE +SIZE +RECLAIMABLE\nImages .*\nContainers .*\nLocal Volumes .*\nBuild Cache "),
        then("system df -v", r"Images space usage:"),
    ),
    "events": (
        then("create --name @box busybox", f"^{ID}$"),
        then("rename @box @box-two"),
        then("rename @box-two @box"),
        then("rm @box", "^@box$"),
        then("events --since 10m --until @now -f type=container -f event=create -f container=@box",
             rf"^\d{{4}}-\S+ container create {ID} \(.*image=busybox, name=@box\)$"),
        then("system events --since 10m --until @now -f event=destroy --format {{.Actor.Attributes.name}}", "^@box$"),
    ),
    "system prune": (
        then("create --label story=@box --name @box busybox", f"^{ID}$"),
        then("system prune -f --filter label=story=@box", rf"\ADeleted Containers:\n{ID}\n.*\nTotal reclaimed space: "),
    ),
    "plugin": (
        then("plugin ls", r"\AID +NAME +DESCRIPTION +ENABLED\n\Z"),
        then("node ls", "This node is not a swarm manager", 1),
    ),
}  # fmt: skip
