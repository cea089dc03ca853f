"use strict";

// The page as a whole: drawn anew after each change, and what a visitor does to it. The last script: it starts the page.

function render() {
  document.body.classList.toggle("started", records.length > 0);
  $("key-toggle").setAttribute("aria-expanded", String(!$("key").hidden));
  $("key-forget").hidden = !key();
  showText("key-problem", keyProblem ? t[keyProblem] : "");
  $("history").hidden = records.length < 2;
  records.forEach(showItem);
  $("result").hidden = !selected;
  if (selected) showResult(selected);
}

function take(transfer) {
  const files = Array.from(transfer.files, (file) => ({ file }));
  if (files.length) return add(files);
  const text = (transfer.getData("text/uri-list") || transfer.getData("text/plain")).trim();
  if (/^https?:\/\/\S+$/.test(text)) add([{ url: text }]);
}

function onDrag(event) {
  const ours = ["Files", "text/uri-list"].some((type) => event.dataTransfer.types.includes(type));
  if (!ours || (event.type === "dragleave" && event.relatedTarget)) return;
  event.preventDefault();
  document.body.classList.toggle("dragging", event.type === "dragover");
  if (event.type === "drop") take(event.dataTransfer);
}

function on(id, type, react) {
  $(id).addEventListener(type, (event) => {
    if (type === "submit") event.preventDefault();
    react(event);
  });
}

for (const type of ["dragover", "dragleave", "drop"]) document.addEventListener(type, onDrag);
document.addEventListener("paste", (event) => {
  const typing = event.target instanceof HTMLInputElement && !event.clipboardData.files.length;
  if (!typing) take(event.clipboardData);
});
on("drop", "click", () => $("files").click());
on("files", "click", (event) => event.stopPropagation());
on("files", "change", () => {
  add(Array.from($("files").files, (file) => ({ file })));
  $("files").value = "";
});
on("link-form", "submit", () => {
  add([{ url: $("link").value.trim() }]);
  $("link").value = "";
});
on("retry", "click", () => {
  selected.phase = "waiting";
  pump();
});
on("map-toggle", "change", () => {
  selected.mapShown = $("map-toggle").checked;
  render();
});
on("review-form", "submit", () => addReview(selected));
on("share", "click", () => share(selected));
on("erase", "click", () => $("confirm").showModal());
on("confirm", "close", () => {
  if ($("confirm").returnValue === "erase") erase(selected);
  $("confirm").returnValue = "";
});
on("key-form", "submit", () => useKey($("key-input").value.trim()));
on("key-forget", "click", () => {
  forgetKey();
  askForKey();
});
on("key-toggle", "click", () => {
  if ($("key").hidden) return askForKey();
  $("key").hidden = true;
  render();
});
on("language", "click", switchLanguage);

translate();
if (!key()) askForKey();
