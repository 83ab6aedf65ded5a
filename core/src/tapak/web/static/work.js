// What makes pages of work livelier; each of them does the same without it.
"use strict";

const each = (selector, act, root = document) => root.querySelectorAll(selector).forEach((found) => act(found));

// A phone begins with the list of steps; the chart opens on demand.
const narrow = window.matchMedia("(max-width: 991.98px)");
const fold = () => each("details.phone-fold", (chart) => { chart.open = !narrow.matches; });
narrow.addEventListener("change", fold);
fold();

// After a refusal the reader begins with what is wrong.
const summary = document.getElementById("errors");
if (summary) summary.focus();

// A second tap sends nothing twice.
each("form", (form) => {
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
  window.addEventListener("pageshow", () => { sent = false; });
});

// A file that is too large is told before it is sent.
each("input[type=file][data-largest]", (input) => {
  input.addEventListener("change", () => {
    const large = Array.from(input.files).some((file) => file.size > Number(input.dataset.largest));
    let told = document.getElementById(`t-${input.id}`);
    if (!told) {
      told = document.createElement("div");
      told.id = `t-${input.id}`;
      told.className = "field-error";
      told.setAttribute("role", "alert");
      input.before(told);
    }
    told.textContent = large ? input.dataset.tooLarge : "";
    if (large) input.value = "";
  });
});

// Fields that only one answer asks for.
each("[data-reveal]", (part) => {
  const values = part.dataset.revealValues.split(" ");
  const boxes = document.querySelectorAll(`input[name="${part.dataset.reveal}"]`);
  const legend = part.querySelector("legend");
  if (legend) legend.hidden = true;
  const show = () => {
    const on = Array.from(boxes).some((box) => box.checked && values.includes(box.value));
    part.hidden = !on;
    part.disabled = !on;
  };
  boxes.forEach((box) => box.addEventListener("change", show));
  window.addEventListener("pageshow", show);
  show();
});

// A line that says what is ticked below.
each("[data-mirror]", (line) => {
  const boxes = document.querySelectorAll(`input[name="${line.dataset.mirror}"]`);
  const show = () => {
    const ticked = Array.from(boxes).filter((box) => box.checked);
    const words = ticked.map((box) => document.querySelector(`label[for="${box.id}"]`).textContent.trim());
    line.textContent = words.join("; ") || line.dataset.empty;
  };
  boxes.forEach((box) => box.addEventListener("change", show));
});

each("[data-copy]", (button) => {
  if (!navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.querySelector("span").textContent = button.dataset.copied;
  });
});

// Parts of a page that follow what workers do: `data-poll` is asked until what `data-watch` names has changed, then
// every part of the page is taken anew from the server, which alone knows how it looks.
const SLOWER_AFTER = 30000;
const SLOW = 5000;

const watched = (told, names) =>
  JSON.stringify((Array.isArray(told) ? told : [told]).map((row) => names.map((name) => row[name])));

function keepTyped(part, fresh) {
  each("input[name], textarea[name]", (field) => {
    const same = field.id && fresh.querySelector(`#${CSS.escape(field.id)}`);
    if (same && same.type !== "hidden") same.value = field.value;
  }, part);
  const boxes = fresh.querySelectorAll("details");
  Array.from(part.querySelectorAll("details")).forEach((box, at) => {
    if (boxes[at]) boxes[at].open = box.open;
  });
}

async function takeAnew(address) {
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return window.location.assign(address);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  each("[data-live]", (part) => {
    const fresh = page.getElementById(part.id);
    if (!fresh) return;
    const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
    keepTyped(part, fresh);
    part.replaceWith(fresh);
    if (focused && document.getElementById(focused)) document.getElementById(focused).focus();
  });
  each("[data-needs]", (button) => {
    const part = document.getElementById(button.dataset.needs);
    button.disabled = !(part && part.dataset.settled === "live");
  });
}

function follow(id) {
  const started = Date.now();
  let known = null;
  const look = async () => {
    const part = document.getElementById(id);
    if (!part || !part.dataset.poll) return;
    const names = part.dataset.watch.split(",");
    try {
      if (!document.hidden) {
        const answer = await fetch(part.dataset.poll, { headers: { Accept: "application/json" } });
        if (answer.status === 401 || answer.status === 404) return;
        const now = answer.ok ? watched(await answer.json(), names) : known;
        if (now !== known) {
          known = now;
          await takeAnew(part.dataset.live);
        }
      }
    } catch (problem) {
      // The network is away for a moment: the next look tells.
    }
    const every = Number((document.getElementById(id) || part).dataset.every) || 1000;
    window.setTimeout(look, Date.now() - started > SLOWER_AFTER ? Math.max(every, SLOW) : every);
  };
  look();
}
each("[data-poll]", (part) => follow(part.id));
