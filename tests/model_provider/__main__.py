"""A provider of chat completions, as OpenAI's protocol has them, in a process of its own.

The model that is asked for says how it behaves: `cites` answers from the numbered sources of the
prompt, every other name of SCRIPTS is a way to go wrong, and `busy:2` goes wrong twice and then
cites. What it was sent is kept, so that a test can see what left the machine.
"""

import sys
from http.server import ThreadingHTTPServer

from tests.model_provider.handler import Handler
from tests.model_provider.scripts import SCRIPTS


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


if __name__ == "__main__":
    Handler.scripts = SCRIPTS
    server = Server(("127.0.0.1", int(sys.argv[1]) if sys.argv[1:] else 0), Handler)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()
