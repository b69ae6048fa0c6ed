// Small comforts. Every page works without them.
"use strict";

// Show and hide a password.
for (const button of document.querySelectorAll("[data-reveal]")) {
  const input = document.getElementById(button.dataset.reveal);
  const words = [button.textContent, button.dataset.hide];
  button.hidden = false;
  button.setAttribute("aria-controls", input.id);
  const show = (on) => {
    input.type = on ? "text" : "password";
    button.textContent = words[on ? 1 : 0];
  };
  button.addEventListener("click", () => {
    show(input.type === "password");
    input.focus();
  });
  input.form.addEventListener("submit", () => show(false));
}

// Copy a text.
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  const words = button.textContent;
  button.hidden = false;
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = words; }, 2000);
  });
}

// Tell times in the person's own zone.
for (const time of document.querySelectorAll("time[data-local]")) {
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: document.body.classList.contains("dev") ? "medium" : "short" });
  time.title = time.textContent;
  time.textContent = format.format(new Date(time.dateTime));
}

// A button that gives something away cannot be pressed for half a second, so that a second click meant for another page does
// not press it.
for (const button of document.querySelectorAll("[data-pause]")) {
  button.disabled = true;
  button.dataset.paused = "";
  setTimeout(() => { button.disabled = false; }, 500);
}
