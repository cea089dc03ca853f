"""Receives Jinwi's webhooks. pip install standardwebhooks; WEBHOOK_SECRET=whsec_… python3 -u receiver.py [PORT]"""

import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

webhook = Webhook(os.environ["WEBHOOK_SECRET"])
seen = set()  # of message ids; keep them where they outlive a restart, for a week


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        if length > 1_000_000:
            return self.send_error(413)
        body = self.rfile.read(length)  # the very bytes: JSON that was parsed and written again has another signature
        try:
            event = webhook.verify(body, dict(self.headers))
        except (WebhookVerificationError, ValueError):
            return self.send_error(400)
        if self.headers["webhook-id"] in seen:
            print("again", self.headers["webhook-id"])
        else:
            seen.add(self.headers["webhook-id"])
            print(event["type"], event["data"]["id"])  # put it in a queue of yours: the answer is awaited for 15 s
        self.send_response(204)
        return self.end_headers()

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8098), Receiver)
print("listening on port", server.server_port)
server.serve_forever()
