// Sends a file that is larger than a piece by itself and goes on where it stopped; smaller ones go with the form.
"use strict";

const TRIES = 8;
const FIRST = 1024 * 1024;

const base64 = (bytes) => window.btoa(String.fromCharCode(...new Uint8Array(bytes)));
const digestOf = async (part) => crypto.subtle.digest("SHA-256", await part.arrayBuffer());
const pause = (seconds) => new Promise((done) => { window.setTimeout(done, seconds * 1000); });

class Refused extends Error {}

class Sending {
  constructor(input, file) {
    this.input = input;
    this.file = file;
    this.words = input.dataset;
    this.token = input.form.querySelector("input[name=csrf_token]").value;
    this.stopped = false;
  }

  async call(method, address, options = {}) {
    const headers = { Accept: "application/json", "X-CSRFToken": this.token, ...options.headers };
    const answer = await fetch(address, { method, headers, body: options.body });
    if (answer.ok || answer.status === 409) return answer;
    const told = await answer.json().catch(() => ({}));
    if (answer.status < 500 && told.code !== "checksum_mismatch") throw new Refused(told.detail || this.words.failed);
    if (answer.status === 507) throw new Refused(told.detail || this.words.failed);
    throw new Error(told.detail || String(answer.status));
  }

  json(method, address, content) {
    return this.call(method, address, { body: JSON.stringify(content), headers: { "Content-Type": "application/json" } });
  }

  async begin() {
    const { file } = this;
    const first = base64(await digestOf(file.slice(0, FIRST)));
    const mark = `${file.lastModified}:${first}`;
    const asked = { kind: this.words.kind, filename: file.name, size: file.size, mark };
    const told = await (await this.json("POST", this.words.upload, asked)).json();
    this.address = `/api/v1/uploads/${told.id}`;
    this.offset = told.offset;
  }

  async piece() {
    const part = this.file.slice(this.offset, this.offset + Number(this.words.piece));
    const headers = {
      "Content-Type": "application/offset+octet-stream",
      "Upload-Offset": String(this.offset),
      "Content-Digest": `sha-256=:${base64(await digestOf(part))}:`,
    };
    const answer = await this.call("PATCH", this.address, { body: part, headers });
    const offset = answer.headers.get("Upload-Offset");
    if (offset === null) throw new Error("busy");
    this.offset = Number(offset);
  }

  async whole(show) {
    let tries = 0;
    await this.begin();
    while (this.offset < this.file.size && !this.stopped) {
      show(this.offset / this.file.size);
      try {
        await this.piece();
        tries = 0;
      } catch (problem) {
        if (problem instanceof Refused || (tries += 1) > TRIES) throw problem;
        show(this.offset / this.file.size, this.words.waiting);
        await pause(Math.min(30, 2 ** tries));
      }
    }
    if (this.stopped) return this.drop();
    show(1, this.words.checking);
    await this.json("POST", `${this.address}/complete`, {});
    return true;
  }

  async drop() {
    await this.call("DELETE", this.address);
    return false;
  }
}

function made(kind, properties, parent) {
  const element = Object.assign(document.createElement(kind), properties);
  parent.append(element);
  return element;
}

function attach(input) {
  const name = input.getAttribute("name");
  const box = document.createElement("div");
  box.hidden = true;
  input.after(box);
  const bar = made("progress", { max: 1, value: 0, className: "sending" }, box);
  bar.setAttribute("aria-label", input.dataset.sending);
  const line = made("p", { className: "form-text" }, box);
  line.setAttribute("role", "status");
  const stop = made("button", { type: "button", className: "btn btn-sm btn-outline-secondary", textContent: input.dataset.stop }, box);
  const buttons = () => input.form.querySelectorAll("button[type=submit]");
  const busy = (on) => {
    buttons().forEach((button) => { button.disabled = on; });
    input.disabled = on;
    stop.hidden = !on;
    bar.hidden = !on;
  };
  const show = (part, told) => {
    bar.value = part;
    const percent = `${Math.floor(part * 100)}%`;
    if (line.textContent !== (told || percent)) line.textContent = told || percent;
  };

  input.addEventListener("change", async () => {
    const [file] = input.files;
    input.setAttribute("name", name);
    box.hidden = true;
    if (!file || file.size > Number(input.dataset.largest) || file.size <= Number(input.dataset.piece)) return;
    const sending = new Sending(input, file);
    stop.onclick = () => { sending.stopped = true; };
    box.hidden = false;
    busy(true);
    // The form goes without the file, which is on its way here.
    input.removeAttribute("name");
    line.className = "form-text";
    try {
      const done = await sending.whole(show);
      line.textContent = done ? input.dataset.done.replace("{name}", file.name) : input.dataset.stopped;
      line.className = done ? "uploaded" : "form-text";
      // What the page tells of the step's papers is no longer true.
      const told = done && document.querySelector("[data-live]");
      if (told) takeAnew(told.dataset.live);
    } catch (problem) {
      line.textContent = problem instanceof Refused ? problem.message : input.dataset.failed;
      line.className = "field-error";
      input.setAttribute("name", name);
    }
    busy(false);
    input.value = "";
  });
}

if (window.crypto && window.crypto.subtle) document.querySelectorAll("input[data-upload]").forEach(attach);
