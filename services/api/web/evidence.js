"use strict";

// What stands beside the number: the kind of picture, what the file says of itself, where it was seen before.

const FEWEST_IN_RECORD = 30; // below it a record says nothing

/** What the texts on a kind have to be filled in with. */
function figures({ record, cap }) {
  const [low, high] = record.interval;
  return {
    n: record.images.toLocaleString("en"), owners: record.owners.toLocaleString("en"), fewest: FEWEST_IN_RECORD,
    rate: percentage(record.rate), low: Number((100 * low).toFixed(1)), high: percentage(high), cap: percentage(cap),
  };
}

/** The kind that the model takes it for, and how often it wrongs people there. */
function showDomain({ name, familiar, record, cap }) {
  const [low, high] = record.interval;
  const values = figures({ record, cap });
  const measured = record.images >= FEWEST_IN_RECORD;
  const said = [t.takenFor[name] ?? name, measured ? t.domainRecord : t.domainUnmeasured];
  if (!familiar) said.push(t.domainUnfamiliar);
  $("domain-said").textContent = filled(said.join(" "), values);
  $("domain-record").hidden = !measured;
  showText("domain-note", measured ? filled(t.domainSource, values) : "");
  if (!measured) return;
  const drawn = $("domain-record");
  drawn.setAttribute("aria-label", filled(t.domainChart, values));
  const end = [0.2, 0.5, 1].find((width) => width >= Math.max(high, cap)) ?? 1;
  for (const [part, value] of Object.entries({ rate: record.rate, low, high, cap })) {
    drawn.style.setProperty(`--${part}`, Math.min(100, (100 * value) / end));
  }
  // The ends give way to a cap that stands too close for both.
  const texts = [cap / end < 0.16 ? "" : percentage(0), filled(t.domainCap, values), cap / end > 0.7 ? "" : percentage(end)];
  drawn.querySelectorAll("p span").forEach((span, index) => { span.textContent = texts[index]; });
}

let findingsShown = {};

/** Built anew for other findings or words alone: what a reader has opened stays open. */
function showProvenance(evidence) {
  if (findingsShown.evidence === evidence && findingsShown.language === language) return;
  findingsShown = { evidence, language };
  const { provenance = [], provenance_complete: complete } = evidence;
  $("findings").replaceChildren(...provenance.map(finding));
  $("findings").hidden = !provenance.length;
  const note = [provenance.length ? t.neverScored : t.noProvenance, complete === false ? t.cutShort : ""];
  $("provenance-note").textContent = note.filter(Boolean).join(" ");
}

/** What a person reviewed comes first, as the server has it. */
function showSimilar({ jobs, references, references_unsearched: unsearched, sure }) {
  const items = [...jobs.slice(0, 5).map(twin), ...references.map(referenceItem)];
  $("twins").replaceChildren(...items);
  $("twins").hidden = !items.length;
  const note = [items.length ? "" : t.notSeen, references.length ? t.noProof : "",
    references.some((one) => !one.near_by_hash) ? t.embeddingSees : "",
    unsearched ? t.referencesUnsearched(unsearched) : "", sure ? "" : t.weakHash];
  $("similar-note").textContent = note.filter(Boolean).join(" ");
}

/** By hash it is the same picture; by embedding alone it only looks processed alike. */
function referenceItem({ index, name, distance, near_by_hash: sure, embedding_distance: apart, embedding_likeness: word }) {
  const text = sure ? t.nearReference(index, name, distance)
    : t.alikeReference(index, name, apart.toFixed(2), t.likenesses[word]);
  return element("li", {}, text);
}

function twin({ verdict, distance, same_file: same, finished_at: at, review }) {
  const when = new Date(at).toLocaleDateString(language, { dateStyle: "medium" });
  return element("li", {},
    element("strong", { textContent: t.seenAs(when, t.zones[verdict]) }),
    ...(review ? [element("p", { textContent: t.twinReviewed[review.label] })] : []),
    element("p", { className: "small", textContent: same ? t.sameFile : t.apart(distance) }),
  );
}

/** One thing that the file says: what, how far it can be trusted, and the rest on demand. */
function finding({ kind, claim, strength, where, details }) {
  const broken = details.integrity === "broken";
  const rest = [[t.details.where, where], ...detailRows(details)].flatMap(([name, value]) => [
    element("dt", { textContent: name }), element("dd", { textContent: value }),
  ]);
  return element("li", {},
    element("strong", { textContent: `${t.kinds[kind]}. ` }), t.claims[claim],
    element("p", { textContent: broken ? t.sayings["unsigned:broken"] : t.strengths[strength] }),
    ...detailSentences(details).map((sentence) => element("p", { className: "small", textContent: sentence })),
    element("details", { className: "small" }, element("summary", { textContent: t.findingDetails }), element("dl", {}, ...rest)),
  );
}
