"use strict";

// The number, in words and on the scale.

/** Whole percents that add up to 100; the ends stay open, because no model is certain. */
function percents({ ai_probability: probability }) {
  const ai = Math.round(probability * 100);
  if (ai < 1) return ["< 1 %", "> 99 %"];
  if (ai > 99) return ["> 99 %", "< 1 %"];
  return [`${ai} %`, `${100 - ai} %`];
}

function probabilities({ phase, job }) {
  if (phase !== "done") return [];
  const [ai, human] = percents(job.result);
  return [`${t.aiShare} ${ai}`, `${t.humanShare} ${human}`];
}

function showScore(result) {
  const percent = (share) => Number((share * 100).toFixed(1));
  const [low, high, at] = [result.thresholds.likely_human, result.thresholds.likely_ai, result.ai_probability].map(percent);
  const [ai, human] = percents(result);
  $("ai-probability").textContent = ai;
  $("human-probability").textContent = human;
  const scale = $("scale");
  scale.setAttribute("aria-label", t.scale(low, high, at));
  $("score").classList.toggle("held", result.reasons.length > 0);
  for (const [name, value] of [["--human-end", low], ["--ai-start", high], ["--at", at]]) scale.style.setProperty(name, value);
  scale.querySelector("i").textContent = ai;
  const ticks = scale.querySelectorAll(".ticks span");
  // The ends give way to a threshold that stands too close for both numbers.
  [low < 12 ? "" : 0, low, high, high > 88 ? "" : 100].forEach((number, index) => { ticks[index].textContent = number; });
  scale.querySelectorAll(".zones span").forEach((span, index) => {
    const name = ["likely_human", "uncertain", "likely_ai"][index];
    span.textContent = t.zones[name];
    span.classList.toggle("here", name === result.verdict);
  });
}
