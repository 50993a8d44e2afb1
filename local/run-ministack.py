"""Runs MiniStack for as long as the program that started it lives.

Standard input is a pipe that nobody writes to. It ends when the other side ends, be it by kill -9, and then this
process group (MiniStack and the functions' workers) ends too: nothing is left running.
"""

import os
import signal
import sys
import threading

from ministack.app import main


def end_with_parent():
    sys.stdin.read()
    os.killpg(0, signal.SIGTERM)
    os._exit(0)


threading.Thread(target=end_with_parent, daemon=True).start()
main()
