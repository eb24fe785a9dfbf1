// Keeps the part of the page that changes fresh. Without it the page is what it was when it was loaded.
"use strict";

const part = document.getElementById("live");

async function renew() {
  if (document.hidden) return;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("live");
    if (!answer.ok || fresh === null) return location.reload(); // the sign-in has ended
    if (fresh.innerHTML !== part.innerHTML) part.replaceChildren(...fresh.childNodes);
    part.classList.remove("stale");
  } catch {
    part.classList.add("stale"); // the server cannot be reached: what is shown may be old
  }
}

setInterval(renew, Number(part.dataset.every) * 1000);
document.addEventListener("visibilitychange", renew);
