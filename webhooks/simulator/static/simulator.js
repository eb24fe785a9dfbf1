// The page works without this file; with it, forms stay where they are and the page refreshes itself.
"use strict";

const IDLE_EVERY = 1000, CALL_EVERY = 400, TYPING_EVERY = 1500; // ms
document.documentElement.classList.add("js"); // settings are sent as they change
const notice = document.getElementById("notice");
const aloud = document.getElementById("aloud");
let typed = -TYPING_EVERY; // when it was last told that somebody types
const listening = new Map(); // what stops the microphone of a phone, by its number

function toEnd(part) {
  if (part.matches(".chat")) part.scrollTop = part.scrollHeight;
  if (part.matches(".heard")) part.scrollTop = part.lastElementChild.offsetTop - part.firstElementChild.offsetTop;
}

function follow() {
  for (const select of document.querySelectorAll("select[data-follows]")) {
    const badge = document.getElementById(select.dataset.follows);
    if (badge && document.activeElement !== select) select.value = badge.dataset.behaviour;
  }
}

function speak(old, fresh) {
  if (!aloud.checked || !("speechSynthesis" in window) || !fresh.matches(".line")) return;
  const known = old.dataset.call === fresh.dataset.call ? old.querySelectorAll(".heard li").length : 0;
  const said = [...fresh.querySelectorAll(".heard li")].slice(known);
  if (said.length) speechSynthesis.cancel();
  said.forEach((item) => speechSynthesis.speak(new SpeechSynthesisUtterance(item.textContent)));
}

async function refresh() {
  const answer = await fetch("/live");
  if (!answer.ok) throw new Error(answer.statusText);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of fresh.querySelectorAll("body > [data-live]")) {
    const old = document.getElementById(part.id);
    if (!old || old.outerHTML === part.outerHTML) continue;
    speak(old, part);
    old.replaceWith(part);
    toEnd(part);
    part.querySelectorAll(".chat, .heard").forEach(toEnd);
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
  const busy = document.querySelector(".line:not([data-state=idle], [data-state=over])");
  setTimeout(tick, busy ? CALL_EVERY : IDLE_EVERY);
}

async function post(address, body) {
  const answer = await fetch(address, { method: "POST", body, redirect: "manual" });
  const refused = answer.status >= 400;
  const page = refused ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  notice.textContent = page ? page.querySelector("p").textContent : "";
  if (!refused) await refresh();
  return !refused;
}

async function send(form, submitter) {
  const fields = new FormData(form, submitter);
  const body = form.enctype === "multipart/form-data" ? fields : new URLSearchParams(fields);
  if (await post(form.action, body) && "reset" in form.dataset) form.querySelector("[name=body]").value = "";
}

async function talk(form, how, sound) {
  const body = new FormData(form);
  body.set("how", how);
  body.delete("sound");
  if (sound) body.set("sound", sound, "sound.wav");
  await post(form.action, body);
}

async function upload(form, file) {
  const sound = await telephoneSound(file).catch(() => null);
  if (sound) await talk(form, "upload", sound);
  else notice.textContent = "This browser cannot read that sound. Try a WAV file.";
  form.querySelector("[data-sound]").value = "";
}

async function startTalking(form) {
  try {
    listening.set(form.elements.number.value, await microphone());
  } catch {
    notice.textContent = "The browser gives no microphone to this page. Use the sample, or upload a sound.";
    return;
  }
  await talk(form, "start");
}

async function stopTalking(number) {
  const stop = listening.get(number);
  listening.delete(number);
  const form = [...document.querySelectorAll("[data-talk]")].find((one) => one.elements.number.value === number);
  await talk(form, "spoken", await stop());
}

// Whoever types the words of a message is not cut off by silence meanwhile.
function takeTime(form) {
  if (performance.now() - typed < TYPING_EVERY) return;
  typed = performance.now();
  post("/act", new URLSearchParams({ number: form.elements.number.value, button: "take-time" })).catch(failed);
}

function failed() {
  notice.textContent = "The simulator does not answer.";
}

document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  if ("load" in form.dataset) return; // a phone that is not on the page yet
  event.preventDefault();
  const number = form.elements.number?.value;
  if (submitter && "stop" in submitter.dataset && listening.has(number)) stopTalking(number).catch(failed);
  else send(form, submitter).catch(failed);
});

document.addEventListener("click", (event) => {
  if (event.target.matches("[data-microphone]")) startTalking(event.target.form).catch(failed);
});

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-talk] [name=words]")) takeTime(event.target.form);
});

document.addEventListener("change", (event) => {
  const { target } = event, form = target.form;
  if (target.matches("[data-sound]") && target.files.length) upload(form, target.files[0]).catch(failed);
  else if (form && "onChange" in form.dataset) form.requestSubmit();
});

for (const moment of ["load", "resize"]) {
  window.addEventListener(moment, () => document.querySelectorAll(".chat, .heard").forEach(toEnd));
}
setTimeout(tick, IDLE_EVERY);
