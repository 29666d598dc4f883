"use strict";
const statusElement = document.getElementById("status");
const DISCONNECTED = "The server does not respond.";
const FIELDS = "textarea, input, select";
const FOCUSABLE = "summary, button, pre, " + FIELDS;

// The HTML of each section as the server sent it last.
const sections = new Map();
for (const section of document.querySelectorAll("section")) sections.set(section.id, section.outerHTML);

async function send(method, path, body) {
  const init = { method };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { "Content-Type": "application/json" };
  }
  const response = await fetch("/_mlmock/" + path, init);
  const text = await response.text();
  if (!response.ok) throw new Error(JSON.parse(text).message);
  return text ? JSON.parse(text) : null;
}

// Returns whether the user is filling in a form of the section, which must not be replaced then.
function isEdited(section) {
  const focused = document.activeElement;
  if (section.contains(focused) && focused.matches(FIELDS)) return true;
  return [...section.querySelectorAll("textarea, input")].some((field) => field.value);
}

// Returns where the focus is: the resource's key, and the element's index in it.
function focusPosition() {
  const details = document.activeElement && document.activeElement.closest("details");
  if (!details) return null;
  return [details.dataset.key, [...details.querySelectorAll(FOCUSABLE)].indexOf(document.activeElement)];
}

function restoreFocus(position) {
  if (!position) return;
  const [key, index] = position;
  const details = [...document.querySelectorAll("details")].find((d) => d.dataset.key === key);
  const elements = details ? details.querySelectorAll(FOCUSABLE) : [];
  if (elements.length) (elements[index] || elements[0]).focus({ preventScroll: true });
}

// Replaces the sections that have changed. The section of `submittedForm` is always replaced.
async function update(submittedForm) {
  const response = await fetch("/");
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  document.getElementById("now").textContent = page.getElementById("now").textContent;
  for (const section of page.querySelectorAll("section")) {
    const old = document.getElementById(section.id);
    const html = section.outerHTML;
    const isSubmitted = submittedForm && old.contains(submittedForm);
    if (!isSubmitted && (html === sections.get(section.id) || isEdited(old))) continue;
    sections.set(section.id, html);
    replace(old, section);
  }
}

function replace(old, section) {
  const position = focusPosition();
  const open = new Set([...old.querySelectorAll("details[open]")].map((d) => d.dataset.key));
  for (const details of section.querySelectorAll("details")) details.open = open.has(details.dataset.key);
  old.replaceWith(section);
  if (document.activeElement === document.body) restoreFocus(position);
}

async function perform(action, doneMessage, form) {
  try {
    await action();
    statusElement.textContent = doneMessage;
  } catch (error) {
    statusElement.textContent = "Error: " + error.message;
    return;
  }
  await update(form);
}

function argumentsOf(form) {
  const data = new FormData(form);
  if (form.dataset.invoke === "complete") {
    const text = data.get("answer").trim();
    return text ? [JSON.parse(text)] : [];
  }
  if (form.dataset.invoke === "fail") return [data.get("code"), data.get("reason")].filter((v) => v !== null);
  return [];
}

document.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  if (form.id === "clock") {
    const seconds = Number(new FormData(form).get("seconds"));
    perform(() => send("POST", "clock/advance", { seconds }), "The clock was advanced.");
    return;
  }
  const steps = JSON.parse(form.parentElement.dataset.steps);
  perform(async () => {
    await send("POST", "do", { steps: [...steps, { invoke: form.dataset.invoke, args: argumentsOf(form) }] });
  }, "Done: " + form.dataset.invoke.replace("_", " ") + ".", form);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[type=button]");
  if (!button) return;
  if (button.dataset.confirm && !confirm(button.dataset.confirm)) return;
  if (button.dataset.advance) {
    const seconds = Number(button.dataset.advance);
    perform(() => send("POST", "clock/advance", { seconds }), "The clock was advanced.");
  } else {
    perform(() => send("POST", button.dataset.post), "Done.");
  }
});

setInterval(async () => {
  if (document.hidden) return;
  try {
    await update();
    if (statusElement.textContent === DISCONNECTED) statusElement.textContent = "";
  } catch (error) {
    statusElement.textContent = DISCONNECTED;
  }
}, 1000);
