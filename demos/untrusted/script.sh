# What somebody might try. Nobody listens at the addresses.
try() {
    what=$1
    shift
    if "$@" >/dev/null 2>&1; then echo "DONE    $what"; else echo "failed  $what"; fi
}
try "read the token" sh -c 'env | grep TOKEN'
try "read the keys" sh -c 'cat /home/*/.ssh/* /root/.ssh/*'
try "phone home" perl -MSocket -e 'socket(S, PF_INET, SOCK_STREAM, 0); connect(S, pack_sockaddr_in(80, inet_aton("192.0.2.1"))) or exit 1'
try "change a program" sh -c 'echo evil >>/bin/ls'
try "change its own source" sh -c 'echo evil >>/job/script.sh'
try "fill the disk" dd if=/dev/zero of=/tmp/fill bs=1M count=100
try "mount something" mount -t tmpfs none /tmp
try "change the kernel" sh -c 'echo evil >/proc/sys/kernel/core_pattern'
try "look at other processes" sh -c 'ls -d /proc/[0-9]*[0-9][0-9]'
