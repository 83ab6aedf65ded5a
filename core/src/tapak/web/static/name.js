// Tells while somebody types whether a name can be given; the server checks again when the page is saved.
"use strict";

const WAIT = 250;
const told = document.getElementById("name-told");

if (told) {
  const label = document.getElementById(`f-${told.dataset.name}`);
  const zone = document.getElementById(`f-${told.dataset.zone}`);
  const CLOCK = { dateStyle: "long", timeStyle: "short", timeZone: told.dataset.clock };
  let timer = 0;
  let asked = 0;

  const tell = (text, tone) => {
    told.textContent = text;
    told.className = `name-told ${tone}`;
  };

  // What the server said was of the name as it was then.
  const forget = () => {
    const old = document.getElementById(`e-${label.name}`);
    if (old) old.remove();
    label.classList.remove("is-invalid");
    label.removeAttribute("aria-invalid");
    label.closest(".field").classList.remove("has-error");
  };

  const ask = async () => {
    const number = ++asked;
    if (!label.value || !zone.value) return tell("", "");
    if (`${label.value}.${zone.value}` === told.dataset.own) return tell(told.dataset.stands, "");
    // A browser takes "." and ".." for steps in the path.
    const typed = /^\.{1,2}$/.test(label.value) ? "..." : label.value;
    const address = `/api/v1/names/${encodeURIComponent(zone.value)}/${encodeURIComponent(typed)}`;
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      const found = answer.ok ? await answer.json() : null;
      if (number !== asked) return;
      if (!found) return tell("", "");
      if (!found.available) return tell(found.problem, "bad");
      const at = found.checked_at ? new Date(found.checked_at).toLocaleString(document.documentElement.lang, CLOCK) : told.dataset.never;
      const text = found.current ? told.dataset.free : told.dataset.last;
      tell(text.replace("{name}", found.name).replace("{at}", at), found.current ? "good" : "");
    } catch (problem) {
      if (number === asked) tell("", "");
    }
  };

  const later = (event) => {
    if (event) forget();
    window.clearTimeout(timer);
    if (label.value) tell(told.dataset.checking, "");
    timer = window.setTimeout(ask, WAIT);
  };
  label.addEventListener("input", later);
  zone.addEventListener("change", later);
  if (label.value) later();
}
