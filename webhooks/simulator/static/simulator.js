// The page works without this file; with it, forms stay where they are and the page refreshes itself.
"use strict";

const SECOND = 1000;
document.documentElement.classList.add("js"); // settings are sent as they change
const notice = document.getElementById("notice");

function toEnd(part) {
  if (part.classList.contains("chat")) part.scrollTop = part.scrollHeight;
}

function follow() {
  for (const select of document.querySelectorAll("select[data-follows]")) {
    const badge = document.getElementById(select.dataset.follows);
    if (badge && document.activeElement !== select) select.value = badge.dataset.behaviour;
  }
}

async function refresh() {
  const answer = await fetch("/live");
  if (!answer.ok) throw new Error(answer.statusText);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of fresh.querySelectorAll("body > [data-live]")) {
    const old = document.getElementById(part.id);
    if (!old || old.outerHTML === part.outerHTML) continue;
    old.replaceWith(part);
    toEnd(part);
    part.querySelectorAll(".chat").forEach(toEnd);
  }
  follow();
}

async function tick() {
  try {
    if (!document.hidden) await refresh();
    if (notice.dataset.lost) { notice.textContent = ""; delete notice.dataset.lost; }
  } catch {
    notice.textContent = "The simulator does not answer. Is it still running?";
    notice.dataset.lost = "yes";
  }
  setTimeout(tick, SECOND);
}

async function send(form, submitter) {
  const body = new URLSearchParams(new FormData(form, submitter));
  const answer = await fetch(form.action, { method: "POST", body, redirect: "manual" });
  const refused = answer.status >= 400;
  const page = refused ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  notice.textContent = page ? page.querySelector("p").textContent : "";
  if (!refused && "reset" in form.dataset) form.querySelector("[name=body]").value = "";
  if (!refused) await refresh();
}

document.addEventListener("submit", (event) => {
  event.preventDefault();
  send(event.target, event.submitter).catch(() => { notice.textContent = "The simulator does not answer."; });
});

document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (form && "onChange" in form.dataset) form.requestSubmit();
});

for (const moment of ["load", "resize"]) {
  window.addEventListener(moment, () => document.querySelectorAll(".chat").forEach(toEnd));
}
setTimeout(tick, SECOND);
