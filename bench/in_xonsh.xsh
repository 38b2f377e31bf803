# A warm xonsh: the command as a user types it, alone on a line or captured, through the shell's own machinery.
import os, sys, time
from bench.workers import Serving

xontrib load hull
bwrap = os.environ["BENCH_BWRAP"].split()
serving = Serving()
for word in serving:
    begun = time.perf_counter()
    if word == "hull":
        hull run --rm --network none busybox true < /dev/null
        status = __xonsh__.lastcmd.rtn
    elif word == "bwrap":
        @(bwrap) < /dev/null
        status = __xonsh__.lastcmd.rtn
    elif word == "hull captured":
        status = !(hull run --rm --network none busybox true < /dev/null).rtn
    else:
        status = !(@(bwrap) < /dev/null).rtn
    elapsed = time.perf_counter() - begun
    if status:
        sys.exit(f"{word}: exit {status}")
    serving.answer(elapsed)
