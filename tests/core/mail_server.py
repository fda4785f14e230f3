"""A tiny SMTP server on this machine: takes messages, can refuse addresses, be slow, or hang up in the middle."""
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.messages: list[tuple[str, bytes]] = []
        self.replies: dict[str, bytes] = {}
        self.hang_up_after = 1000
        self.conversations = 0
        self.seen_inside: list[bool] = []
        self.watch = lambda: False

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server_address[1]}"


class Conversation(socketserver.StreamRequestHandler):
    server: Server

    def handle(self) -> None:
        self.server.conversations += 1
        self.say(b"220 here")
        to = ""
        while line := self.rfile.readline().strip():
            verb = line.split()[0].upper()
            if verb == b"EHLO":
                self.say(b"250-here\r\n250 8BITMIME")
            elif verb == b"RCPT":
                to = line.split(b"<", 1)[1].split(b">", 1)[0].decode()
                self.say(self.server.replies.get(to, b"250 ok"))
            elif verb == b"DATA":
                if len(self.server.messages) >= self.server.hang_up_after:
                    return
                self.say(b"354 go on")
                self.server.messages.append((to, self.body()))
                self.server.seen_inside.append(self.server.watch())
                self.say(b"250 taken")
            elif verb == b"QUIT":
                self.say(b"221 bye")
                return
            else:
                self.say(b"250 ok")

    def say(self, words: bytes) -> None:
        self.wfile.write(words + b"\r\n")

    def body(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line)
        return b"".join(lines)


@contextmanager
def running() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
