"use strict";
const said = document.getElementById("said");

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

async function renew() {
  const fresh = new DOMParser().parseFromString(await (await fetch("/")).text(), "text/html");
  const open = new Set([...document.querySelectorAll("details[open]")].map((d) => d.dataset.key));
  for (const details of fresh.querySelectorAll("details")) details.open = open.has(details.dataset.key);
  document.querySelector("main").replaceWith(fresh.querySelector("main"));
  document.getElementById("now").textContent = fresh.getElementById("now").textContent;
}

async function act(work, done) {
  try {
    await work();
    said.textContent = done;
  } catch (fault) {
    said.textContent = "Refused: " + fault.message;
    return;
  }
  await renew();
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
    await ask("POST", "do", { steps: [...steps, { do: form.dataset.do, args: given(form) }] });
  }, "Done: " + form.dataset.do.replace("_", " ") + ".");
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

// The journal is live: what is being written into stays as it is until it is sent.
setInterval(async () => {
  const busy = document.activeElement && document.activeElement.closest("main");
  if (document.hidden || busy) return;
  try {
    const now = await ask("GET", "calls?limit=0");
    if (String(now.started) !== document.getElementById("started").textContent) await renew();
  } catch (fault) {
    said.textContent = "The server doesn't answer.";
  }
}, 1000);
