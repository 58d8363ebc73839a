import time, subprocess
from workbench import PLACE
def sw(pid):
    t=open(f"/proc/{pid}/status").read()
    import re
    c=open(f"/proc/{pid}/stat").read().split()[13:15]
    return [int(x) for x in re.findall(r"ctxt_switches:\s+(\d+)", t)], c
def test_rate(bench, host):
    running = host(bench.topic("Post", lock="10s").conf)
    bench.add("Post", {"url": PLACE, "ms": 500}, count=16)
    bench.wait_sent(16)
    bench.engine.set_outage("reset")
    running.wait_for("the completion was not taken by the engine")
    for i in range(9):
        time.sleep(1); print(sw(running.pid), running.text().count("\n"))
    print(running.text()[-6000:])
    bench.engine.set_outage(None)
