"use strict";

// What is asked of the service, with the key.

/** `status` is HTTP's, 0 when no answer came, or "unreadable"; `problem` is the problem+json, if any. */
class Refused extends Error {
  constructor(status, problem = null) {
    super(problem?.detail ?? String(status));
    this.status = status;
    this.problem = problem;
  }

  get mayPass() {
    return [0, 429].includes(this.status) || this.status >= 500;
  }
}

/** Send with the key; XMLHttpRequest because fetch tells nothing of an upload's progress. */
function request(method, path, { headers = {}, body = null, onUpload = null } = {}) {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.open(method, path);
    xhr.setRequestHeader("Authorization", `Bearer ${key()}`);
    for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
    if (onUpload) xhr.upload.onprogress = (event) => onUpload(event.loaded / event.total);
    xhr.onerror = () => reject(new Refused(0));
    xhr.onload = () => {
      const answer = parse(xhr.responseText);
      if (xhr.status === 204 || (xhr.status < 300 && answer)) resolve(answer);
      else reject(new Refused(xhr.status, answer));
    };
    xhr.send(body);
  });
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null; // a proxy's error page, or no body
  }
}

/** The map of a result as an address for an <img>; null when it cannot be had, for the result stands without it. */
async function fetchMap({ job }) {
  try {
    const answer = await fetch(job.result.evidence.map.slice(1), { headers: { Authorization: `Bearer ${key()}` } });
    return answer.ok ? URL.createObjectURL(await answer.blob()) : null;
  } catch {
    return null;
  }
}

/** Other jobs with the same picture; null when they cannot be had, for the result stands without them. */
async function fetchSimilar({ job }) {
  const path = job.result?.evidence.similar;
  return path ? request("GET", path.slice(1)).catch(() => null) : null;
}
