"use strict";

// The API key, which the browser keeps, and asking the visitor for it.

let keyProblem = null; // the name of a string

const key = () => sessionStorage.getItem("jinwi.key") ?? localStorage.getItem("jinwi.key");

function forgetKey() {
  sessionStorage.removeItem("jinwi.key");
  localStorage.removeItem("jinwi.key");
}

function askForKey(problem = null) {
  keyProblem = problem;
  $("key").hidden = false;
  $("key-input").focus();
  $("key-input").select();
  render();
}

function refuseKey() {
  forgetKey();
  askForKey("keyRefused");
}

async function useKey(value) {
  if (!/^jinwi_[0-9A-Za-z]+$/.test(value)) return askForKey("keyMalformed");
  forgetKey();
  ($("key-remember").checked ? localStorage : sessionStorage).setItem("jinwi.key", value);
  try {
    await request("GET", "v1/jobs?limit=1");
  } catch (error) {
    // Other refusals say nothing against the key: it may lack the scope to read, or the service is away.
    if (error.status === 401) return refuseKey();
  }
  $("key-input").value = "";
  $("key").hidden = true;
  $("choose").focus();
  pump();
}
