"""Run as a program: becomes PostgreSQL in place, under its account, and dies with the service. Imports nothing of ours.

A program of its own and not code between fork and exec: the service has threads by the time it restarts the server.
Arguments: the starting process, uid and gid (-1: keep ours), then PostgreSQL's command line.
"""

import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)  # asked to end before it is PostgreSQL: at once, whatever is imported

import ctypes  # noqa: E402  # after the line above
import os  # noqa: E402  # the same
import sys  # noqa: E402  # the same

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def become(parent: int, uid: int, gid: int, command: list[str]) -> None:
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        # After the change of account, which would clear it. SIGINT is PostgreSQL's fast and clean shutdown.
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(signal.SIGINT), 0, 0, 0)
        if os.getppid() != parent:  # the service died before the line above: nobody is left to serve
            sys.exit(0)
    os.execv(command[0], command)  # noqa: S606  # no shell is wanted


if __name__ == "__main__":
    become(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
