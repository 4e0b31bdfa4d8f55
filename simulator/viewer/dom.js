// Elements, made in one line each. Text is always text: nothing of a run is ever read as HTML.

const SVG = "http://www.w3.org/2000/svg";

/** An element; of `attributes`, functions are listeners (onclick), booleans say whether it is there. */
export function h(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** The same for SVG. */
export function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (name === "style") Object.assign(element.style, value);
    else if (name === "value" || name === "checked") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children) {
    if (Array.isArray(child)) append(element, child);
    else if (child !== undefined && child !== null && child !== false) element.append(child);
  }
}

/** Takes the place of all that was in an element. */
export function put(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

/** The same where it is shown anew: what is open, scrolled to or has the focus stays so, by its place in the element. */
export function renew(element, ...children) {
  const all = (what) => [...element.querySelectorAll(what)];
  const open = all("details").map((it) => it.open);
  const scrolled = all(".scrolls").map((it) => [it.scrollLeft, it.scrollTop]);
  const focused = all("button, a, summary, [tabindex]").indexOf(document.activeElement);
  put(element, ...children);
  all("details").forEach((it, k) => it.toggleAttribute("open", it.open || (open[k] ?? false)));
  all(".scrolls").forEach((it, k) => it.scrollTo(...(scrolled[k] ?? [0, 0])));
  if (focused >= 0) all("button, a, summary, [tabindex]")[focused]?.focus({ preventScroll: true });
  return element;
}

/** A heading and what stands below it. */
export function section(title, ...children) {
  return h("section", {}, h("h2", {}, title), ...children);
}

/** A table of texts and elements, with as many rows as there are; `scrolls` where it may be wide. */
export function table(caption, columns, rows) {
  return h("div", { class: "scrolls", tabindex: "0", role: "region", "aria-label": caption },
    h("table", {},
      h("caption", { class: "unseen" }, caption),
      h("thead", {}, h("tr", {}, columns.map((column) => h("th", { scope: "col" }, column)))),
      h("tbody", {}, rows.map((row) => h("tr", {}, row.map((cell) => h("td", {}, cell)))))));
}

/** A choice among options, each [value, text]. */
export function select(label, options, value, onchange) {
  return h("label", {}, `${label} `,
    h("select", { "aria-label": label, onchange: (event) => onchange(event.target.value) },
      options.map(([key, text]) => h("option", { value: key, selected: String(key) === String(value) }, text))));
}

/** What became of something, as a word with a sign and a colour. */
export function badge(fate) {
  return h("span", { class: `badge ${fate.replace(" ", "-")}` }, `${SIGNS[fate] ?? ""} ${fate}`.trim());
}

export const SIGNS = {
  processed: "▶", refused: "⊗", repeated: "»", unreadable: "?", expired: "⧗", lost: "✕",
  met: "✓", "not met": "✗", error: "✗", held: "✓", broken: "✗", inconclusive: "…",
};
