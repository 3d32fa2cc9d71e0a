"""What every SSH server of the lab is: who gets in is a function's word, and what they meet there another's."""

import logging
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

import paramiko

Judge = Callable[[str, str, str], bool]  # user, method, and the secret where there is one
Meet = Callable[[paramiko.Channel], None]


class Door(paramiko.ServerInterface):
    """Asks `judge` about whoever knocks, and lets `meet` treat each command or shell in a thread of its own."""

    def __init__(self, judge: Judge, meet: Meet | None, *, methods: str = "password") -> None:
        self._judge, self._meet, self._methods = judge, meet, methods

    def get_allowed_auths(self, username: str) -> str:
        return self._methods

    def check_auth_password(self, username: str, password: str) -> int:
        return self._verdict(username, "password", password)

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return self._verdict(username, "publickey", key.get_base64())

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED

    def check_channel_pty_request(self, *_: object) -> bool:
        return True

    def check_channel_shell_request(self, channel: paramiko.Channel) -> bool:
        return self._met(channel)

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        return self._met(channel)

    def _met(self, channel: paramiko.Channel) -> bool:
        if self._meet is None:
            return False
        threading.Thread(target=self._treat, args=(channel,), daemon=True).start()
        return True

    def _treat(self, channel: paramiko.Channel) -> None:
        assert self._meet is not None
        with suppress(OSError, EOFError, paramiko.SSHException):  # the client hangs up, as it should
            self._meet(channel)
            channel.send_exit_status(0)
        with suppress(OSError, EOFError, paramiko.SSHException):
            channel.close()

    def _verdict(self, user: str, method: str, secret: str) -> int:
        right = method in self._methods.split(",") and self._judge(user, method, secret)
        return paramiko.AUTH_SUCCESSFUL if right else paramiko.AUTH_FAILED


def speak(
    connection: socket.socket,
    key: paramiko.PKey,
    door: paramiko.ServerInterface,
    ended: threading.Event,
    shape: Callable[[paramiko.Transport], None] = lambda wire: None,
) -> None:
    """Serve one connection in SSH until either side is through with it."""
    wire = paramiko.Transport(connection)
    wire.set_log_channel("lab.door")
    logging.getLogger("lab.door").setLevel(logging.CRITICAL + 1)
    wire.add_server_key(key)
    shape(wire)
    try:
        wire.start_server(event=threading.Event(), server=door)
        while wire.is_active() and not ended.wait(0.05):
            continue
    finally:
        wire.close()
