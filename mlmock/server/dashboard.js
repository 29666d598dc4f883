"use strict";
const said = document.getElementById("said");
const LOST = "The server doesn't answer.";

async function ask(method, path, body) {
  const init = { method };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { "Content-Type": "application/json" };
  }
  const answer = await fetch("/_mlmock/" + path, init);
  const text = await answer.text();
  if (!answer.ok) throw new Error(JSON.parse(text).message);
  return text ? JSON.parse(text) : null;
}

const shown = new Map();  // the parts of the page, as the server has written them
for (const section of document.querySelectorAll("section")) shown.set(section.id, section.outerHTML);
const FIELDS = "textarea, input, select";
const STOPS = "summary, button, pre, " + FIELDS;

// True where somebody is writing: that stays as it is until it is sent.
function busy(section) {
  const at = document.activeElement;
  if (section.contains(at) && at.matches(FIELDS)) return true;
  return [...section.querySelectorAll("textarea, input")].some((field) => field.value);
}

function place() {
  const details = document.activeElement && document.activeElement.closest("details");
  if (!details) return null;
  return [details.dataset.key, [...details.querySelectorAll(STOPS)].indexOf(document.activeElement)];
}

function back(to) {
  if (!to) return;
  const details = [...document.querySelectorAll("details")].find((d) => d.dataset.key === to[0]);
  const stops = details ? details.querySelectorAll(STOPS) : [];
  if (stops.length) (stops[to[1]] || stops[0]).focus({ preventScroll: true });
}

// Shows what has changed; `form`: what has just been sent, whose part is shown anew in any case.
async function renew(form) {
  const answer = await fetch("/");
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  document.getElementById("now").textContent = fresh.getElementById("now").textContent;
  for (const section of fresh.querySelectorAll("section")) {
    const old = document.getElementById(section.id);
    const text = section.outerHTML;
    const sent = form && old.contains(form);
    if (!sent && (text === shown.get(section.id) || busy(old))) continue;
    shown.set(section.id, text);
    replace(old, section);
  }
}

function replace(old, section) {
  const at = place();
  const open = new Set([...old.querySelectorAll("details[open]")].map((d) => d.dataset.key));
  for (const details of section.querySelectorAll("details")) details.open = open.has(details.dataset.key);
  old.replaceWith(section);
  if (document.activeElement === document.body) back(at);
}

async function act(work, done, form) {
  try {
    await work();
    said.textContent = done;
  } catch (fault) {
    said.textContent = "Refused: " + fault.message;
    return;
  }
  await renew(form);
}

function given(form) {
  const data = new FormData(form);
  if (form.dataset.do === "complete") {
    const text = data.get("answer").trim();
    return text ? [JSON.parse(text)] : [];
  }
  if (form.dataset.do === "fail") return [data.get("code"), data.get("reason")].filter((v) => v !== null);
  return [];
}

document.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  if (form.id === "clock") {
    const seconds = Number(new FormData(form).get("seconds"));
    act(() => ask("POST", "clock/advance", { seconds }), "The clock has been advanced.");
    return;
  }
  const steps = JSON.parse(form.parentElement.dataset.steps);
  act(async () => {
    await ask("POST", "do", { steps: [...steps, { invoke: form.dataset.do, args: given(form) }] });
  }, "Done: " + form.dataset.do.replace("_", " ") + ".", form);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[type=button]");
  if (!button) return;
  if (button.dataset.sure && !confirm(button.dataset.sure)) return;
  if (button.dataset.advance) {
    const seconds = Number(button.dataset.advance);
    act(() => ask("POST", "clock/advance", { seconds }), "The clock has been advanced.");
  } else {
    act(() => ask("POST", button.dataset.post), "Done.");
  }
});

setInterval(async () => {
  if (document.hidden) return;
  try {
    await renew();
    if (said.textContent === LOST) said.textContent = "";
  } catch (fault) {
    said.textContent = LOST;
  }
}, 1000);
