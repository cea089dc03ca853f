"use strict";

// Drawing: what came from outside goes in as text, never as markup.

const $ = (id) => document.getElementById(id);

function element(tag, properties, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

function showText(id, text) {
  $(id).textContent = text;
  $(id).hidden = !text;
}

function showImage(id, address, alternative) {
  $(id).hidden = !address;
  if (address && $(id).src !== address) $(id).src = address;
  $(id).alt = alternative;
}
