"use strict";

// The job of a record: submitted, followed until it is final, erased.

const WAIT_SECONDS = 20; // how long the service may hold a request until the job is final
const POLL_PAUSE_MS = 500;

let busy = false;

async function submit(record) {
  const headers = { "Idempotency-Key": `"${record.token}"`, Prefer: `wait=${WAIT_SECONDS}` };
  if (record.url) {
    setPhase(record, "verifying");
    headers["Content-Type"] = "application/json";
    return request("POST", "v1/jobs", { headers, body: JSON.stringify({ url: record.url }) });
  }
  setPhase(record, "uploading");
  // A folder, or a file changed since it was chosen, would only look like a broken network.
  await record.file.slice(0, 1).arrayBuffer().catch(() => { throw new Refused("unreadable"); });
  if (!record.file.size) throw new Refused("empty");
  const body = new FormData();
  body.append("image", record.file, record.name);
  const onUpload = (share) => {
    record.progress = share;
    setPhase(record, share < 1 ? "uploading" : "verifying");
  };
  return request("POST", "v1/jobs", { headers, body, onUpload });
}

async function verify(record) {
  record.refusal = null;
  record.job ??= await submit(record);
  while (PENDING.includes(record.job.state)) {
    setPhase(record, record.job.state);
    await new Promise((resolve) => setTimeout(resolve, POLL_PAUSE_MS));
    record.job = await request("GET", `v1/jobs/${record.job.id}`, { headers: { Prefer: `wait=${WAIT_SECONDS}` } });
  }
  setPhase(record, record.job.state);
  record.similar = await fetchSimilar(record);
  render();
  if (record.preview && record.job.result?.evidence.map) {
    record.map = await fetchMap(record);
    record.mapShown = !record.job.result.reasons.length; // the map of a guess would mislead
    render();
  }
}

/** One at a time, oldest first; stops where a key is missing and goes on when one is given. */
async function pump() {
  render();
  if (busy) return;
  busy = true;
  let record;
  while (key() && (record = records.findLast(({ phase }) => phase === "waiting"))) {
    try {
      await verify(record);
    } catch (error) {
      refuse(record, error, error.status === 401 ? "waiting" : "refused");
    }
  }
  busy = false;
}

function refuse(record, error, phase) {
  if (!(error instanceof Refused)) throw error;
  record.refusal = error;
  setPhase(record, phase);
  if (error.status === 401) refuseKey();
}

async function erase(record) {
  try {
    await request("DELETE", `v1/jobs/${record.job.id}`);
  } catch (error) {
    return refuse(record, error, record.phase);
  }
  hidePreview(record);
  record.file = null;
  setPhase(record, "erased");
  $("choose").focus();
}
