"""What the tests run as `aws`, see `support.aws_nursery`. Every call pays for what is imported here."""

from __future__ import annotations

import _socket
import marshal
import posix
import sys

_SIGINT = 2
_AS_A_SHELL_SAYS = 128


def main() -> int:
    link = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    link.connect(f"{__file__.rpartition('/')[0]}/socket")
    order = marshal.dumps((sys.argv[1:], posix.getcwdb(), posix.environ))
    streams = b"".join(number.to_bytes(4, sys.byteorder) for number in range(3))
    link.sendmsg([len(order).to_bytes(4, "big")], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, streams)])
    link.sendall(order)
    process = number_from(link)
    code = None
    while code is None:
        try:
            code = number_from(link)
        except KeyboardInterrupt:
            posix.kill(process, _SIGINT)
    if code < 0:
        posix.kill(posix.getpid(), -code)
        return _AS_A_SHELL_SAYS - code  # of a signal that an interpreter ignores
    return code


def number_from(link: _socket.socket) -> int:
    got = link.recv(4)
    if len(got) < 4:
        sys.exit("the process that has aws imported is gone")
    return int.from_bytes(got, "big", signed=True)


if __name__ == "__main__":
    sys.exit(main())
