"use strict";

// How details are put into words: as in shared/domain/details.py, against which a test holds it.

const SAID_IN_SENTENCES = ["integrity", "signer", "revocation", "consistency", "generator"];
const TIMES = ["when", "signed_at"];
const TIME = /^([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$/;

const own = (table, name) => (Object.hasOwn(table ?? {}, name) ? table[name] : undefined);
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const oneLine = (text) => text.split(/\s+/).filter(Boolean).join(" ");
const labelOf = (name) => own(t.details, name) ?? oneLine(name);
const unsaid = (code) => own(t.sayings, `contradiction:${code}`) === undefined;

/** A signer means another thing where the signature does not fit. */
function detailSentences(details) {
  const broken = details.integrity === "broken";
  const codes = Object.keys(details).filter((name) => SAID_IN_SENTENCES.includes(name)).map((name) => `${name}:${details[name]}`);
  if (Array.isArray(details.contradictions)) codes.push(...details.contradictions.map((code) => `contradiction:${code}`));
  return codes.map((code) => (broken && own(t.sayings, `${code}:broken`)) || own(t.sayings, code)).filter(Boolean);
}

function detailRows(details) {
  return Object.entries(details).flatMap(([name, value]) => {
    if (name === "contradictions" && Array.isArray(value)) {
      const unknown = value.filter(unsaid);
      return unknown.length ? [[labelOf(name), inWords(name, unknown)]] : [];
    }
    const said = SAID_IN_SENTENCES.includes(name) && own(t.sayings, `${name}:${value}`) !== undefined;
    return said ? [] : [[labelOf(name), inWords(name, value)]];
  });
}

function inWords(name, value, inside = false) {
  if (typeof value === "string") return inside ? oneLine(coded(name, value)) : coded(name, value);
  if (value === null) return "–";
  if (typeof value === "boolean") return value ? t.yes : t.no;
  if (typeof value !== "object") return String(value);
  const compose = own({ actions: actionInWords, ingredients: ingredientInWords }, name) ?? within;
  const said = Array.isArray(value) ? value.map((each) => compose(name, each)) : Object.entries(value).map(member);
  const text = said.join(!Array.isArray(value) ? ", " : name === "actions" ? t.then : "; ") || "–";
  return inside && said.length > 1 ? `(${text})` : text;
}

const within = (name, value) => inWords(name, value, true);
const member = ([name, value]) => `${labelOf(name)}: ${within(name, value)}`;
const others = (value, said) => Object.entries(value).filter(([name]) => !said.includes(name)).map((each) => `, ${member(each)}`).join("");

function coded(name, text) {
  const known = own(own(t.codes, name), text);
  if (known !== undefined) return name === "problems" ? t.coded(known, text) : known;
  const [, day, clock, zone] = (TIMES.includes(name) && TIME.exec(text)) || [];
  return day ? `${day} ${clock} ${["Z", "+00:00"].includes(zone) ? "UTC" : zone}` : text;
}

function actionInWords(name, action) {
  if (!isObject(action) || (action.action ?? null) === null) return within(name, action);
  const parts = { digital_source_type: t.madeFrom, software: t.madeBy, when: t.madeAt };
  const given = Object.entries(parts).filter(([part]) => (action[part] ?? null) !== null);
  const said = given.map(([part, write]) => write(within(part, action[part])));
  return within("action", action.action) + said.join("") + others(action, ["action", ...Object.keys(parts)]);
}

function ingredientInWords(name, ingredient) {
  if (!isObject(ingredient)) return within(name, ingredient);
  const { title = null, relationship = null } = ingredient;
  const called = title === null ? t.untitled : within("title", title);
  const said = relationship === null ? called : t.ingredient(called, within("relationship", relationship));
  return said + others(ingredient, ["title", "relationship"]);
}
