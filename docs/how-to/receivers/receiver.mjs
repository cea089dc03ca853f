// Receives Jinwi's webhooks. WEBHOOK_SECRET=whsec_… node receiver.mjs [PORT]

import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const key = Buffer.from(process.env.WEBHOOK_SECRET.replace(/^whsec_/, ""), "base64");
const seen = new Set(); // of message ids; keep them where they outlive a restart, for a week

function verified(headers, body) {
  const { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": signatures } = headers;
  if (!id || !signatures || !/^\d+$/.test(at) || Math.abs(Date.now() / 1000 - at) > 300) return false;
  const expected = createHmac("sha256", key).update(`${id}.${at}.`).update(body).digest();
  return signatures.split(" ").some((one) => {
    const [version, text = ""] = one.split(",");
    const given = Buffer.from(text, "base64");
    return version === "v1" && given.length === expected.length && timingSafeEqual(given, expected);
  });
}

const server = createServer(async (request, response) => {
  const chunks = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > 1_000_000) return response.writeHead(413, { Connection: "close" }).end();
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks); // the very bytes: JSON that was parsed and written again has another signature
  if (!verified(request.headers, body)) return response.writeHead(400).end();
  const id = request.headers["webhook-id"];
  if (seen.has(id)) {
    console.log("again", id);
  } else {
    seen.add(id);
    const event = JSON.parse(body);
    console.log(event.type, event.data.id); // put it in a queue of yours: the answer is awaited for 15 s
  }
  response.writeHead(204).end();
});

server.listen(Number(process.argv[2] ?? 8098), "127.0.0.1", () =>
  console.log("listening on port", server.address().port),
);
