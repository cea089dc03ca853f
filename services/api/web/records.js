"use strict";

// What was submitted during this visit, the list of it, and which of it is shown.

const KEPT_RECORDS = 24;
const PENDING = ["waiting", "uploading", "verifying", "queued", "running"];

const records = []; // newest first: what was submitted during this visit
let selected = null;

function newRecord({ file = null, url = null }) {
  // crypto.randomUUID is missing where the page is served over plain http.
  const token = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const preview = file && URL.createObjectURL(file);
  const record = { file, url, token, preview, map: null, mapShown: false, name: url ?? file.name, phase: "waiting", progress: 0, job: null, refusal: null, shared: null, peopleProblem: null };
  record.item = newItem(record);
  return record;
}

function add(sources) {
  const added = sources.map(newRecord);
  if (!added.length) return;
  records.unshift(...added.toReversed());
  while (records.length > KEPT_RECORDS && !PENDING.includes(records.at(-1).phase)) hidePreview(records.pop());
  $("records").replaceChildren(...records.map(({ item }) => element("li", {}, item)));
  select(added[0]);
  if (key()) pump();
  else askForKey();
}

function hidePreview(record) {
  for (const address of [record.preview, record.map]) if (address) URL.revokeObjectURL(address);
  record.preview = record.map = null;
  record.item.firstChild.replaceWith(element("span", { className: "thumb" }));
}

function select(record) {
  selected = record;
  render();
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  $("result").scrollIntoView({ block: "nearest", behavior: still ? "auto" : "smooth" });
}

function setPhase(record, phase) {
  const changed = record.phase !== phase;
  record.phase = phase;
  render();
  if (changed && record === selected) $("status").textContent = [headline(record), ...probabilities(record)].join(". ");
}

function newItem(record) {
  const thumb = element(record.preview ? "img" : "span", { className: "thumb", alt: "", src: record.preview });
  thumb.addEventListener("error", () => {
    hidePreview(record); // not an image, or in a format that this browser does not know
    render();
  });
  const lines = [element("span", { textContent: record.name }), element("span", { className: "soft small" })];
  const button = element("button", { type: "button" }, thumb, element("span", { className: "lines" }, ...lines));
  button.addEventListener("click", () => select(record));
  return button;
}

function showItem(record) {
  const { item, phase, job } = record;
  const ofModel = phase === "done" && !job.reviewed.verdict_by_person;
  const status = ofModel ? `AI ${percents(job.result)[0]} · ${t.zones[job.result.verdict]}` : headline(record);
  item.querySelector(".small").textContent = status;
  item.setAttribute("aria-current", String(record === selected));
}
