"use strict";

// What a record says, and all that is shown of it.

const LIKELY_CAP_BYTES = 25_000_000; // the service's default; only words depend on it here

const refusalText = ({ status }) => t.refusals[status] ?? t.refusals.other;

/** The verdict that holds: once people have decided, no title goes on saying the opposite of them. */
function verdict({ result, reviewed: { verdict_by_person: decided } }) {
  return decided ? `${t.reviewed.decided}: ${t.labels[decided]}` : t.verdicts[result.verdict];
}

function headline({ phase, job, refusal }) {
  if (phase === "done") return verdict(job);
  if (phase === "refused") return refusalText(refusal)[0];
  return phase === "waiting" && !key() ? t.waitingKey : t[phase];
}

/** Of a verdict that is held back the number is not put into words: nobody stands behind it. */
function meaning(result) {
  if (result.basis === "provenance") return t.settled;
  return result.reasons.length ? t.held : t.meanings[result.verdict];
}

function explanation({ phase, job, refusal, file }) {
  if (phase === "erased") return t.erasedText;
  if (phase === "done") return meaning(job.result);
  if (phase !== "refused") return "";
  return refusalText(refusal)[1] + (refusal.status === 0 && file?.size > LIKELY_CAP_BYTES ? ` ${t.tooLarge}` : "");
}

/** A text and, where that is a translation, what the service said; a reason of a kind has the figures of its record. */
function translated(code, detail, found) {
  const known = t.known?.[code];
  if (!known) return [detail];
  if (!code.startsWith("domain_")) return [known, detail];
  return found ? [`${t.takenFor[found.name] ?? found.name} ${filled(known, figures(found))}`, detail] : [detail];
}

function notes({ phase, job, refusal }) {
  if (phase === "refused") return problemNotes(refusal);
  if (phase === "failed" || phase === "dead") return [translated(job.error.reason, job.error.detail)];
  if (phase !== "done") return [];
  const lines = job.result.reasons.map(({ code, detail }) => translated(code, detail, job.result.evidence.domain));
  if (refusal) lines.push([`${t.eraseFailed} ${refusalText(refusal)[0]}`], ...problemNotes(refusal));
  return lines;
}

function problemNotes({ problem }) {
  const { type = "", detail, errors = [] } = problem ?? {};
  if (!detail) return [];
  const unsaid = errors.filter(({ message }) => !detail.includes(message));
  const code = type.split(":").at(-1).replaceAll("-", "_"); // urn:jinwi:problem:forbidden-address
  return [translated(code, detail), ...unsaid.map(({ field, message }) => [`${field}: ${message}`])];
}

function facts({ job, file }) {
  const { image, result, id } = job;
  const pixels = image?.width && `${image.width} × ${image.height} px`; // unknown until it is decoded
  return [
    [t.facts.image, [pixels, image?.format.toUpperCase(), file && fileSize(file.size)].filter(Boolean).join(", ")],
    [t.facts.score, result?.ai_probability.toFixed(4)],
    [t.facts.model, result?.model.version],
    [t.facts.policy, result?.policy_version],
    [t.facts.job, id],
  ].filter(([, value]) => value);
}

function fileSize(bytes) {
  const [value, unit] = bytes < 1e6 ? [bytes / 1e3, "kilobyte"] : [bytes / 1e6, "megabyte"];
  return new Intl.NumberFormat(language, { style: "unit", unit, maximumSignificantDigits: 3 }).format(value);
}

function showResult(record) {
  const { phase, job, refusal, progress } = record;
  const settled = ["done", "failed", "dead"].includes(phase);
  showPicture(record);
  $("headline").textContent = headline(record);
  showText("explanation", explanation(record));
  const original = (text) => element("div", { lang: "en", className: "small soft", textContent: text });
  const items = notes(record).map(([text, said]) => element("li", {}, text, ...(said ? [original(said)] : [])));
  $("notes").replaceChildren(...items);
  $("notes").hidden = !items.length;
  $("progress").hidden = !PENDING.includes(phase);
  if (phase === "uploading") $("progress").value = progress;
  else $("progress").removeAttribute("value");
  $("score").hidden = $("advisory").hidden = phase !== "done";
  $("provenance").hidden = phase !== "done" || job.result.evidence.provenance_complete == null;
  $("domain").hidden = phase !== "done" || !job.result.evidence.domain;
  if (phase === "done") {
    showScore(job.result);
    if (job.result.evidence.domain) showDomain(job.result.evidence.domain);
    showProvenance(job.result.evidence);
  }
  $("similar").hidden = phase !== "done" || !record.similar;
  if (phase === "done" && record.similar) showSimilar(record.similar);
  const pairs = settled ? facts(record) : [];
  $("facts").replaceChildren(...pairs.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));
  $("people").hidden = $("share").hidden = phase !== "done";
  if (phase === "done") showPeople(record);
  $("retry").hidden = phase !== "refused" || !refusal.mayPass;
  $("erase").hidden = !job || phase === "erased";
  $("details").hidden = !settled;
  $("json").textContent = settled ? JSON.stringify(job, null, 2) : "";
}

function showPicture({ preview, map, mapShown, url, phase, name }) {
  $("result").classList.toggle("alone", phase === "erased");
  $("picture").closest("figure").hidden = phase === "erased";
  $("picture").parentElement.hidden = !preview;
  showImage("picture", preview, t.picture(name));
  $("map-toggle").checked = mapShown;
  showImage("map", mapShown ? map : null, t.map);
  $("map-controls").hidden = !map;
  showText("no-picture", preview ? "" : url ? t.linkPreview : t.noPreview);
  $("caption").textContent = name;
}
