"use strict";

// What people say: reviews, and the link by which others see the result.

/** A person's review, and how the result stands after it; the form is emptied but for the reviewer's name. */
async function addReview(record) {
  const checklist = Object.fromEntries(
    Array.from(document.querySelectorAll("#checklist select"), ({ name, value }) => [name, value]).filter(([, value]) => value),
  );
  const said = { label: new FormData($("review-form")).get("label"), reason: $("reason").value, reviewer: $("reviewer").value, checklist };
  const body = JSON.stringify(said);
  await ask(record, async () => {
    await request("POST", `v1/jobs/${record.job.id}/review`, { headers: { "Content-Type": "application/json" }, body });
    record.job = await request("GET", `v1/jobs/${record.job.id}`);
    const reviewer = $("reviewer").value;
    $("review-form").reset();
    $("reviewer").value = reviewer;
    $("review").open = false;
  });
}

async function share(record) {
  await ask(record, async () => {
    const body = JSON.stringify({});
    const made = await request("POST", `v1/jobs/${record.job.id}/links`, { headers: { "Content-Type": "application/json" }, body });
    record.shared = new URL(made.path.slice(1), document.baseURI).href;
  });
}

/** Do it; what is refused is said beside the result, which stands all the same. */
async function ask(record, act) {
  record.peopleProblem = null;
  try {
    await act();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    record.peopleProblem = error;
    if (error.status === 401) refuseKey();
  }
  render();
}

function showPeople({ job, shared, peopleProblem }) {
  const { state, verdict_by_person: verdict, votes } = job.reviewed;
  const outcome = verdict ? `${t.reviewed[state]}: ${t.labels[verdict]}` : t.reviewed[state];
  $("reviewed").textContent = state === "none" ? outcome : `${outcome} (${t.votes(votes)}).`;
  const problem = peopleProblem && [...refusalText(peopleProblem), ...problemNotes(peopleProblem).flat()].join(" ");
  showText("people-problem", problem ?? "");
  $("shared").hidden = !shared;
  if (shared) Object.assign($("shared").lastElementChild, { href: shared, textContent: shared });
}

/** The choices of the review's form, in the language that is spoken; what was chosen stays. */
function offerChoices() {
  const label = new FormData($("review-form")).get("label");
  const radios = Object.entries(t.labels).map(([value, text]) =>
    element("label", {}, element("input", { type: "radio", name: "label", value, required: true, checked: value === label }), text));
  $("labels").replaceChildren($("labels").firstElementChild, ...radios);
  const seen = Object.fromEntries(Array.from(document.querySelectorAll("#checklist select"), ({ name, value }) => [name, value]));
  const selects = Object.entries(t.items).map(([name, text]) => {
    const options = [["", "–"], ...Object.entries(t.ticks)].map(([value, tick]) =>
      element("option", { value, textContent: tick, selected: value === (seen[name] ?? "") }));
    return element("label", {}, text, element("select", { name }, ...options));
  });
  $("checklist").replaceChildren($("checklist").firstElementChild, ...selects);
}
