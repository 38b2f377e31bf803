#!/bin/sh
# packages.sh GROUP…: the Debian packages of the groups are here, or what to install is printed. Idempotent.
# Groups: base (what hull needs), registry (a local registry and an image to fill it), vm (tests/vm), test,
# bench (the peers).
set -eu

base="python3 python3-venv python3-dev gcc libc6-dev musl-tools libffi-dev make uidmap slirp4netns fuse-overlayfs
      ca-certificates util-linux procps"
registry="docker-registry mmdebstrap debian-archive-keyring busybox-static"
vm="qemu-system-x86 mmdebstrap debian-archive-keyring e2fsprogs busybox-static"
test="$registry $vm apache2-utils bubblewrap buildah chromium chromium-driver conmon cppcheck crun curl dbus-bin
      docker-compose
      dbus-daemon fish git iproute2 openssh-client openssh-server openssl passt patch podman skopeo strace tmux
      umoci xz-utils zsh"
bench="$registry bubblewrap conmon crun curl iperf3 netavark aardvark-dns passt podman skopeo"

# The sanitizers' runtime carries its compiler's version in its name; both come from the compiler that is the default.
clang() {
    version=$(apt-cache depends clang 2>/dev/null | sed -n 's/.*Depends: clang-\([0-9][0-9]*\)$/\1/p' | head -n 1)
    [ -z "$version" ] || printf 'clang-%s libclang-rt-%s-dev\n' "$version" "$version"
}

absent() {
    for package in "$@"; do
        state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || state=
        [ "$state" = installed ] || printf ' %s' "$package"
    done
}

wanted() {
    for group in "$@"; do
        case $group in
            base) echo "$base" ;;
            registry) echo "$registry" ;;
            vm) echo "$vm" ;;
            test) echo "$test" && clang ;;
            bench) echo "$bench" ;;
        esac
    done
}

# A package that brings a service must not start it: the tests and the demo start their own, on a port of their own.
quietly() {
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 0755 "$policy"
        trap 'rm -f "$policy"' EXIT
    fi
    DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 install -y --no-install-recommends "$@" </dev/null
    case " $* " in
        *" docker-registry "*) systemctl disable docker-registry >/dev/null 2>&1 || true ;;
    esac
    case " $* " in
        *" openssh-server "*) systemctl disable ssh >/dev/null 2>&1 || true ;;
    esac
}

for group in "$@"; do
    case $group in
        base | registry | vm | test | bench) ;;
        *) echo "packages.sh: unknown group $group" >&2 && exit 2 ;;
    esac
done
if ! command -v dpkg-query >/dev/null; then
    echo "setup: not a Debian system: these are needed by the names your distribution gives them:" $(wanted "$@")
    exit 0
fi
if [ "$(id -u)" = 0 ] && ! apt-cache show uidmap >/dev/null 2>&1; then
    echo "setup: apt-get update"
    apt-get -qq update
fi
missing=$(absent $(wanted "$@"))
if [ -z "$missing" ]; then
    echo "setup: Debian packages ($*): all here"
elif [ "$(id -u)" = 0 ]; then
    echo "setup: apt-get install$missing"
    quietly $missing >/dev/null || { apt-get -qq update && quietly $missing >/dev/null; }
else
    echo "setup: these Debian packages are missing; going on with what is there. As root:"
    echo "    apt-get install --no-install-recommends$missing"
fi
