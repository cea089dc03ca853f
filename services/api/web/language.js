"use strict";

// Which language is spoken, and its texts: `t`. It changes when the visitor asks for the other.

const STRINGS = { en: ENGLISH, ko: KOREAN };

let language = localStorage.getItem("jinwi.language") ?? (navigator.language.startsWith("ko") ? "ko" : "en");
let t = STRINGS[language];

const percentage = (share) => `${Number((100 * share).toFixed(1))}\u00a0%`;
const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, gap) => values[gap]);

function translate() {
  t = STRINGS[language];
  document.documentElement.lang = language;
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t[node.dataset.t];
  for (const node of document.querySelectorAll("[data-t-label]")) node.setAttribute("aria-label", t[node.dataset.tLabel]);
  for (const node of document.querySelectorAll("[data-t-placeholder]")) node.placeholder = t[node.dataset.tPlaceholder];
  $("language").textContent = t.other;
  $("language").lang = language === "ko" ? "en" : "ko";
  offerChoices();
  render();
}

function switchLanguage() {
  language = language === "ko" ? "en" : "ko";
  localStorage.setItem("jinwi.language", language);
  translate();
}
