// Keeps the parts of a page that change fresh, and lets the time that is left run. Without it the page is what it was
// when it was loaded.
"use strict";

const frame = document.querySelector("[data-every]");
const from = frame.dataset.from || location.href; // what a form answered with cannot be asked for again
const shown = new Map(parts(document).map((part) => [part.id, written(part)]));
let clock = read(document);

function parts(page) {
  return [...page.querySelectorAll("[data-live]")];
}

function written(part) {
  return part.innerHTML.replace(/name="csrf_token" value="[^"]*"/g, ""); // another each time
}

function read(page) {
  return { server: Date.parse(page.body.dataset.now), here: performance.now() };
}

// Somebody types, reads, marks or listens there: it stays as it is.
function isInUse(part) {
  const fields = [...part.querySelectorAll("input:not([type=hidden]), textarea, select")];
  const marked = getSelection();
  return (
    fields.some((field) => field === document.activeElement || field.value !== (field.defaultValue ?? field.value)) ||
    part.querySelector("details[open]") !== null ||
    [...part.querySelectorAll("audio")].some((audio) => !audio.paused) ||
    (!marked.isCollapsed && part.contains(marked.anchorNode))
  );
}

function put(part, fresh) {
  if (written(fresh) === shown.get(part.id) || isInUse(part)) return;
  shown.set(part.id, written(fresh));
  const link = part.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  part.replaceChildren(...fresh.childNodes);
  if (link) part.querySelector(`a[href="${CSS.escape(link)}"]`)?.focus();
}

async function renew() {
  if (document.hidden) return;
  try {
    const answer = await fetch(from, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!answer.ok || page.querySelector("[data-every]") === null) {
      if (parts(document).some(isInUse)) throw new Error("what is typed here is not to be lost");
      return location.assign(from); // the sign-in has ended
    }
    clock = read(page);
    for (const part of parts(document)) {
      const fresh = page.getElementById(part.id);
      if (fresh !== null) put(part, fresh);
    }
    frame.classList.remove("stale");
    tick();
  } catch {
    frame.classList.add("stale"); // the server cannot be reached: what is shown may be old
  }
}

function tick() {
  const now = clock.server + performance.now() - clock.here;
  for (const spot of document.querySelectorAll("[data-due]")) {
    const left = Math.floor((Date.parse(spot.dataset.due) - now) / 1000);
    const words = span(Math.abs(left)) + (left < 0 ? " late" : " left");
    if (spot.textContent !== words) spot.textContent = words;
    spot.classList.toggle("late", left < 0);
  }
}

// As lengths.py says it, to the second.
function span(seconds) {
  const minutes = Math.floor(seconds / 60);
  if (minutes >= 240) return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
  return minutes > 0 ? `${minutes} min ${two(seconds % 60)} s` : `${seconds} s`;
}

function two(number) {
  return String(number).padStart(2, "0");
}

setInterval(renew, Number(frame.dataset.every) * 1000);
setInterval(tick, 1000);
document.addEventListener("visibilitychange", renew);
tick();
