"""Lead every name that a program looks up to the server of the measurement on this machine."""

import os
import socket

_look_up = socket.getaddrinfo
_PORT = int(os.environ.get("AUDIT_SERVER_PORT", "0"))


def _here(host, port, family=0, type=0, proto=0, flags=0):
    if not _PORT or host in ("127.0.0.1", "localhost", None):
        return _look_up(host, port, family, type, proto, flags)
    return _look_up("127.0.0.1", _PORT, socket.AF_INET, type, proto, 0)


socket.getaddrinfo = _here
