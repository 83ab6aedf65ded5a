"""Runs a command as a whole process and tells what it took; small, since peak memory is inherited at the start."""

import json
import os
import subprocess
import sys
import time

began = time.perf_counter()
started = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
assert started.stdout is not None
printed = started.stdout.read()
_, status, used = os.wait4(started.pid, 0)
seconds = time.perf_counter() - began
processor = used.ru_utime + used.ru_stime
told = {"seconds": seconds, "processor": processor, "megabytes": used.ru_maxrss / 1024}
print(json.dumps({**told, "status": os.waitstatus_to_exitcode(status), "printed": printed}))
