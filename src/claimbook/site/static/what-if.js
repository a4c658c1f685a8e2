// The page with the sliders: it looks up what was worked out ahead, and computes nothing.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const tables = window.claimbookWhatIf;
  const form = document.querySelector("form.what-if");
  const shown = document.querySelector(".what-if-answers");
  if (!tables || !form || !shown) return;
  const figures = new Map(tables.figures.map((figure) => [figure.name, figure]));
  const own = Object.fromEntries(tables.figures.map((figure) => [figure.name, figure.own]));
  let places = { ...own };

  form.hidden = shown.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    move({ ...own });
  });
  for (const figure of tables.figures) {
    slider(figure.name).addEventListener("input", (event) => {
      move({ ...places, [figure.name]: Number(event.target.value) });
    });
    field(figure.name).addEventListener("change", (event) => {
      moveTo(figure, Number(event.target.value));
    });
  }
  window.addEventListener("hashchange", () => move(fromLink()));
  move(fromLink());

  function slider(name) { return document.getElementById(`slide-${name}`); }
  function field(name) { return document.getElementById(`type-${name}`); }
  function say(words) { form.querySelector(".note").textContent = words; }

  /** The place of the position nearest to a number. */
  function nearest(figure, number) {
    const away = figure.values.map((value) => Math.abs(value - number));
    return away.indexOf(Math.min(...away));
  }

  /** Go to the position nearest to a typed number; beyond the ends nothing is known. */
  function moveTo(figure, number) {
    const last = figure.values.length - 1;
    if (!(number >= figure.values[0] && number <= figure.values[last])) {
      say(`Worked out from ${figure.texts[0]} to ${figure.texts[last]} only.`);
      field(figure.name).value = figure.values[places[figure.name]];
      return;
    }
    const place = nearest(figure, number);
    const words = figure.values[place] === number ? "" : `Nearest position: ${figure.texts[place]}.`;
    move({ ...places, [figure.name]: place }, words);
  }

  /** Show the answers for these positions, unless a range would be turned round. */
  function move(to, words = "") {
    const index = (axes) => axes.reduce((n, axis) => n * figures.get(axis).values.length + to[axis], 0);
    if (tables.questions.some((one) => one.verdict[index(one.axes)] === null)) {
      say("The lower end of a range cannot lie above its upper end.");
      to = places;
    } else {
      places = to;
      say(words);
      answer(index);
    }
    for (const figure of tables.figures) {
      const text = figure.texts[to[figure.name]];
      slider(figure.name).value = to[figure.name];
      slider(figure.name).setAttribute("aria-valuetext", text);
      field(figure.name).value = figure.values[to[figure.name]];
    }
    link();
  }

  function answer(index) {
    const found = tables.questions.map((one) => ({
      label: one.label,
      verdict: tables.verdicts[one.verdict[index(one.axes)]],
      percent: one.percent[index(one.axes)],
      row: shown.querySelector(`[data-question="${CSS.escape(one.name)}"]`),
    }));
    for (const one of found) {
      const badge = document.createElement("span");
      badge.className = `verdict verdict-${one.verdict.name.replaceAll(" ", "-")}`;
      badge.textContent = `${one.verdict.mark} ${one.verdict.name}`;
      one.row.querySelector(".found").replaceChildren(badge);
      one.row.querySelector(".share").textContent = one.percent === null ? "–" : `${one.percent} %`;
    }
    for (const one of tables.implications) {
      const row = shown.querySelector(`[data-implication="${CSS.escape(one.name)}"]`);
      row.querySelector(".found").textContent = one.texts[index(one.axes)];
    }
    const stands = tables.stands[found.map((one) => one.verdict.standing).join("")] || "";
    shown.querySelectorAll(".stands b").forEach((word, place) => {
      word.textContent = stands[place] === "1" ? "yes" : "no";
    });
    draw(found);
  }

  /** One line per figure, as long as the share of studies that agree with it. */
  function draw(found) {
    const svg = shown.querySelector("svg.agreement");
    const [left, width, row] = [205, 290, 26];
    svg.setAttribute("viewBox", `0 0 640 ${row * found.length + 30}`);
    svg.setAttribute("aria-label", found.map((one) =>
      `${one.label}: ${one.percent === null ? "no study" : `${one.percent} % of studies agree`}, ${one.verdict.name}`
    ).join("; "));
    const parts = [];
    const add = (kind, traits, text) => {
      const part = document.createElementNS("http://www.w3.org/2000/svg", kind);
      for (const [name, value] of Object.entries(traits)) part.setAttribute(name, value);
      if (text !== undefined) part.textContent = text;
      parts.push(part);
    };
    const x = (percent) => left + (width * percent) / 100;
    const bottom = row * found.length + 6;
    for (const percent of [0, 50, 100]) {
      add("line", { class: "grid", x1: x(percent), x2: x(percent), y1: 4, y2: bottom });
      add("text", { class: "tick", x: x(percent), y: bottom + 16 }, `${percent} %`);
    }
    add("line", { class: "holds", x1: x(tables.holds), x2: x(tables.holds), y1: 4, y2: bottom });
    found.forEach((one, place) => {
      const y = row * (place + 0.7);
      add("text", { class: "name", x: left - 10, y: y + 4 }, one.label);
      if (one.percent !== null) {
        const colour = one.verdict.colour;
        add("line", { x1: x(0), x2: x(one.percent), y1: y, y2: y, stroke: colour, "stroke-width": 3 });
        add("circle", { cx: x(one.percent), cy: y, r: 5, fill: colour });
      }
      add("text", { x: x(100) + 12, y: y + 4 }, `${one.verdict.mark} ${one.verdict.name}`);
    });
    svg.replaceChildren(...parts);
  }

  /** Put the figures that were moved into the link and the command. */
  function link() {
    const moved = tables.figures.filter((figure) => places[figure.name] !== figure.own);
    const pairs = moved.map((figure) => `${figure.name}=${figure.values[places[figure.name]]}`);
    shown.querySelector(".permalink").href = `#${pairs.join("&")}`;
    const sets = pairs.map((pair) => ` --set ${pair}`).join("");
    shown.querySelector(".command").textContent = `./run book${sets}`;
    history.replaceState(null, "", pairs.length ? `#${pairs.join("&")}` : location.pathname);
  }

  /** The positions that the address asks for; what it does not name stays the text's own. */
  function fromLink() {
    const asked = new URLSearchParams(location.hash.slice(1));
    const to = { ...own };
    for (const [name, text] of asked) {
      if (figures.has(name) && text.trim() && Number.isFinite(Number(text))) {
        to[name] = nearest(figures.get(name), Number(text));
      }
    }
    return to;
  }
});
