/* Comforts only: every page works without this file. */
"use strict";

const find = (selector) => document.querySelector(selector);

// What went wrong is read out, and reached by the keyboard, first.
find("[data-focus]")?.focus();

// Back may bring a page as it was left, with the button marked as pressed.
const release = () => {
  for (const button of document.querySelectorAll("button[aria-disabled]")) {
    button.removeAttribute("aria-disabled");
  }
};
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  release();
  // Basket, prices and messages of that time are asked for anew.
  if (document.body.matches(".shop")) location.reload();
});

// The answer to a form takes the address of the page it shows, so that Back and Reload open that page
// and don't send the form again.
const answer = find(".shop[data-posted]");
if (answer) history.replaceState(null, "", answer.dataset.posted);

// A second press of the same Pay or Add is ignored until the answer is there, or seems to be lost.
// The server counts Pay once anyway.
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (button?.hasAttribute("aria-disabled")) return event.preventDefault();
    button?.setAttribute("aria-disabled", "true");
    setTimeout(release, 10000);
  });
}

const copy = find("[data-copy]");
if (copy && navigator.clipboard) {
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(copy.dataset.copy).textContent);
    const said = find("[data-copied]");
    said.textContent = said.dataset.copied;
  });
}

const print = find("[data-print]");
if (print) {
  print.hidden = false;
  print.addEventListener("click", () => window.print());
}

// What was typed at the checkout stays in this tab until the order is placed.
const pay = find(".pay-form");
if (pay) {
  for (const name of ["branch", "email"]) {
    if (name in sessionStorage) pay.elements[name].value = sessionStorage[name];
  }
  pay.addEventListener("input", ({ target }) => (sessionStorage[target.name] = target.value));
} else if (copy) sessionStorage.clear();

// Numbers typed in the basket stay in this tab, each for the number it was typed over, until sent.
const basket = find(".basket-form");
for (const field of basket?.querySelectorAll(".quantity-field") ?? []) {
  const key = `${field.name} ${field.defaultValue}`;
  if (key in sessionStorage) field.value = sessionStorage[key];
  field.addEventListener("input", () => (sessionStorage[key] = field.value));
  basket.addEventListener("submit", () => delete sessionStorage[key]);
}

// An order that is being checked: look again now and then, and turn the page once it is settled.
if (find("[data-checking]")) {
  const look = async () => {
    const answer = await fetch(location.href, { cache: "no-store" }).catch(() => null);
    if (answer?.ok && !(await answer.text()).includes("data-checking")) location.reload();
    else setTimeout(look, 4000);
  };
  setTimeout(look, 3000);
}
