"""Connections that are opened before there is anything to send, so that no request waits for that.

It takes two round trips, one more than the request itself.
"""

from __future__ import annotations

from ssl import SSLSocket, SSLWantReadError

from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool


class EarlyConnection(HTTPSConnection):
    """One that has been greeted, and has sent nothing yet, is still there."""

    @property
    def is_connected(self) -> bool:
        """urllib3 takes whatever can be read before a request for the end, but in TLS 1.3 it may be tickets."""
        return super().is_connected or (isinstance(self.sock, SSLSocket) and _is_silent(self.sock))


class EarlyPool(HTTPSConnectionPool):
    ConnectionCls = EarlyConnection

    def connect(self) -> None:
        """Raises what a request would raise that cannot be sent."""
        connection = self._get_conn()
        try:
            if connection.is_closed:
                connection.connect()
        except BaseException:
            connection.close()  # what is left of a greeting that failed can be asked nothing
            raise
        finally:
            self._put_conn(connection)


def _is_silent(sock: SSLSocket) -> bool:
    """Whether what came is of TLS alone."""
    patience = sock.gettimeout()
    sock.settimeout(0)
    try:
        sock.recv(1)  # nothing: the end; something: what nobody asked for
    except SSLWantReadError:
        return True
    except OSError:
        return False
    finally:
        sock.settimeout(patience)
    return False
