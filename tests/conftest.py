"""What holds for all tests: signals as a terminal's.

Shells have SIGINT ignored in what they start in the background, and so would be whatever a test starts and interrupts.
"""

from __future__ import annotations

import signal

signal.signal(signal.SIGINT, signal.default_int_handler)
