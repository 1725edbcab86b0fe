# SPDX-License-Identifier: Apache-2.0
"""Who takes alerts by HTTP, and remembers what came."""
import http.server
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, self.headers, body))
        self.server.answer(self, len(self.server.got))

    def reply(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    """answer(request, n) answers the n-th request."""
    daemon_threads = True

    def __init__(self, answer=lambda r, n: r.reply(200), tls=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.got = []
        self.answer = answer
        self.connections = 0
        self.scheme = "http"
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
            self.scheme = "https"
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def get_request(self):
        self.connections += 1
        return super().get_request()

    def handle_error(self, request, address):
        pass  # handshakes that are meant to fail

    def url(self, host="127.0.0.1", path="/"):
        return "%s://%s:%d%s" % (self.scheme, host, self.server_address[1], path)

    def bodies(self):
        return [body for _, _, body in self.got]

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.shutdown()
        self.server_close()
