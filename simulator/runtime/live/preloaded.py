"""What is ready before the fork server forks: the imports of hosts and brokers, and what each would make anew."""

import simulator.runtime.live.host
import simulator.runtime.live.local
import simulator.transport.embedded_process  # noqa: F401
from simulator.store.file import PAGE, blank

blank(PAGE)
