// What a page can do beside being read. Without scripts everything is there all the same.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  focusOnlyWhatScrolls();
  window.addEventListener("resize", focusOnlyWhatScrolls);
  offerAllCode();
  document.querySelectorAll(".table-box.tall").forEach(offerFilter);
});

/** Paper cannot be clicked: what is folded up is printed too, but for the code. */
window.addEventListener("beforeprint", () => {
  document.querySelectorAll("details:not(.hide)").forEach((part) => (part.open = true));
});

/** Boxes can be reached by keyboard in order to scroll them; those that hold everything need not. */
function focusOnlyWhatScrolls() {
  for (const box of document.querySelectorAll(".scroll")) {
    const scrolls = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight;
    if (scrolls) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}

/** One button that shows or hides the code of the whole page. */
function offerAllCode() {
  const tools = document.querySelector(".tools");
  const cells = document.querySelectorAll("details.hide");
  if (!tools || !cells.length) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "show-code";
  button.textContent = "Show all code";
  button.setAttribute("aria-pressed", "false");
  button.addEventListener("click", () => {
    const open = button.getAttribute("aria-pressed") === "false";
    cells.forEach((cell) => (cell.open = open));
    button.setAttribute("aria-pressed", String(open));
  });
  tools.append(button);
}

/** A field above a long table that leaves only the rows with the words typed in it. */
function offerFilter(box) {
  const rows = [...box.querySelectorAll("tbody tr")];
  const label = document.createElement("label");
  label.className = "filter";
  label.textContent = "Rows with";
  const field = document.createElement("input");
  field.type = "search";
  label.append(field);
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
  });
  box.before(label);
}
