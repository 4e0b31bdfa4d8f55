// The sequence diagram: a lane for each instance, a row for each arrow or bundle of arrows. Only the rows in sight
// are elements, so that a hundred thousand scroll as well as ten.

import { badge, h, put, select, SIGNS, svg } from "trustsim/dom.js";
import { clock, LEVELS, several, span } from "trustsim/model.js";

const ROW = 28; // pixels, as in viewer.css
const LEAST_PITCH = 36; // pixels between two lanes
const MOST_PITCH = 150;
const SPARE = 12; // rows beyond the edges of what is in sight
const PRINTED = 900; // pixels for all lanes on paper, which browsers shrink as far; where they have no room, words say the way
const MOST_PRINTED = 3000; // rows; more are printed in bundles

export class Messages {
  /** `open(place)` is called with an arrow that somebody chooses, `narrow(places)` with the arrows of a bundle. */
  constructor(run, filter, { open, narrow }) {
    this.run = run;
    this.open = open;
    this.narrow = narrow;
    this.level = undefined;
    this.active = 0;
    this.shown = new Map(); // by row: its element
    this.count = h("p", { class: "count", role: "status" });
    this.zoom = h("span");
    this.what = h("span", { class: "what" }, "when, and what");
    this.lanes = h("div", { class: "lanes", "aria-hidden": "true" });
    this.body = h("div", { class: "rows", role: "list", "aria-label": "Messages in the order of time" });
    this.scroller = h("div", { class: "diagram", onscroll: () => this.#draw(), onkeydown: (event) => this.#key(event) },
      this.lanes, this.body);
    this.element = h("div", { class: "messages" }, h("div", { class: "bar" }, this.zoom, this.count, legend()), this.scroller);
    this.observer = new ResizeObserver(() => this.#drawAnew());
    this.observer.observe(this.scroller);
    this.#listen("beforeprint", () => this.#print(true));
    this.#listen("afterprint", () => this.#print(false));
    this.show(filter);
  }

  #listen(name, listener) {
    window.addEventListener(name, listener);
    (this.listeners ??= []).push([name, listener]);
  }

  close() {
    this.observer.disconnect();
    for (const [name, listener] of this.listeners) window.removeEventListener(name, listener);
  }

  /** Shows what the filter lets through; also what has come since. */
  show(filter) {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    const isAtEnd = filter.live && scrollTop + clientHeight >= scrollHeight - ROW;
    this.filter = filter;
    this.places = this.run.filtered(filter);
    this.faults = this.run.faults;
    const level = this.printed ?? (filter.only ? "each" : this.level ?? this.run.levelFor(this.places));
    this.rows = this.run.rows(this.places, level);
    this.active = Math.min(this.active, Math.max(this.rows.length - 1, 0));
    if (!this.zoom.contains(document.activeElement)) {
      put(this.zoom, filter.only ? null : select("Show", LEVELS, level, (value) => {
        this.level = value;
        this.show(this.filter);
      }));
    }
    this.#count(level);
    this.body.style.height = `${this.rows.length * ROW}px`;
    this.#drawAnew();
    if (isAtEnd) this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  #count(level) {
    const bundles = this.rows.filter((row) => row.type === "arrow").length;
    const all = this.run.count;
    const shown = this.places.length === all ? several(all, "arrow") : `${this.places.length.toLocaleString("en")} of ${several(all, "arrow")}`;
    put(this.count, level === "each" ? shown : `${shown}, in ${several(bundles, "bundle")}`);
  }

  /** Gives a lane to every instance that has an arrow, in the order of the file. */
  #lay() {
    const { from, to } = this.run.columns;
    const used = new Set();
    for (const i of this.places) used.add(from[i]).add(to[i]);
    const names = new Set([...used].map((place) => this.run.texts[place]));
    const known = this.run.instances.filter((name) => names.has(name));
    const lanes = [...known, ...[...names].filter((name) => !this.run.instances.includes(name))];
    const room = this.isPrinted ? PRINTED : this.scroller.clientWidth - this.what.offsetWidth - 20;
    this.pitch = Math.min(Math.max(Math.floor(room / Math.max(lanes.length, 1)), LEAST_PITCH), MOST_PITCH);
    this.lane = new Map(lanes.map((name, k) => [name, (k + 0.5) * this.pitch]));
    this.width = lanes.length * this.pitch;
    this.element.style.setProperty("--lanes", `${this.width}px`);
    this.element.style.setProperty("--pitch", `${this.pitch}px`);
    this.element.classList.toggle("narrow", this.pitch < 90);
    this.element.classList.toggle("unprintable", lanes.length * LEAST_PITCH > PRINTED);
    put(this.lanes, this.what,
      h("span", { class: "names" }, lanes.map((name) =>
        h("span", { class: "name", style: { left: `${this.lane.get(name)}px` }, title: name }, h("b", {}, name)))));
  }

  /** There is more room or less, or there are other rows: lanes and rows are laid out again, and what has the focus keeps it. */
  #drawAnew() {
    const hasFocus = this.body.contains(document.activeElement);
    this.#lay();
    this.#forget();
    this.#draw();
    if (hasFocus) this.shown.get(this.active)?.firstElementChild.focus({ preventScroll: true });
  }

  #forget() {
    this.shown.clear();
    this.body.replaceChildren();
  }

  #draw() {
    const top = this.scroller.scrollTop;
    const height = this.scroller.clientHeight || 600;
    const first = Math.max(Math.floor(top / ROW) - SPARE, 0);
    const last = this.isPrinted ? this.rows.length : Math.min(Math.ceil((top + height) / ROW) + SPARE, this.rows.length);
    const wanted = new Set();
    for (let k = this.isPrinted ? 0 : first; k < last; k++) wanted.add(k);
    if (this.rows.length) wanted.add(this.active); // what has the focus stays
    for (const [k, element] of this.shown) {
      if (wanted.has(k)) continue;
      element.remove();
      this.shown.delete(k);
    }
    const added = document.createDocumentFragment();
    for (const k of wanted) {
      if (this.shown.has(k)) continue;
      const element = this.#row(this.rows[k], k);
      this.shown.set(k, element);
      added.append(element);
    }
    this.body.append(added);
  }

  #print(isPrinted) {
    this.isPrinted = isPrinted;
    this.printed = undefined;
    if (isPrinted && this.rows.length > MOST_PRINTED) {
      this.printed = this.run.rows(this.places, "alike").length <= MOST_PRINTED ? "alike" : "pair";
    }
    this.show(this.filter);
  }

  // -- rows ---------------------------------------------------------------------------------------------

  #row(row, k) {
    const place = { role: "listitem", "aria-setsize": this.rows.length, "aria-posinset": k + 1, style: { top: `${k * ROW}px` } };
    const inFault = this.faults.some(({ began, ended }) => began <= row.at && (ended === null || row.at < ended));
    const class_ = `row ${row.type}${inFault ? " in-fault" : ""}`;
    if (row.type === "arrow") return h("div", { class: class_, ...place }, this.#arrow(row, k));
    const text = { step: () => stepText(row.it), time: () => `${span(row.passed)} later`, fault: () => row.text }[row.type]();
    const isFailed = row.type === "step" && row.it.verdict !== "met";
    return h("div", { class: `${class_}${isFailed ? " failed" : ""}`, ...place },
      h("span", { class: "band", tabindex: k === this.active ? "0" : "-1" }, text));
  }

  #arrow(row, k) {
    const arrow = this.run.arrow(row.places[0]);
    const number = row.places.length;
    const times = number > 1 ? `${number.toLocaleString("en")} × ` : "";
    const code = arrow.code ? ` (${arrow.code})` : "";
    const way = arrow.from === arrow.to ? `at ${arrow.from}` : `from ${arrow.from} to ${arrow.to}`;
    const label = `${times}${arrow.what} ${arrow.about}, ${way}, ${arrow.fate}${code}, ${clock(row.at)}`;
    const choose = () => {
      this.active = k;
      if (number > 1) this.narrow(row.places);
      else this.open(row.places[0]);
    };
    return h("button", {
      type: "button", class: `line ${arrow.fate}`, "aria-label": label, tabindex: k === this.active ? "0" : "-1",
      "data-arrow": row.places[0], "data-number": number, onclick: choose,
      onfocus: () => this.#activate(k),
    },
    h("span", { class: "what" }, h("time", {}, clock(row.at)), " ", h("b", {}, `${times}${arrow.what}`), " ",
      arrow.fate === "processed" ? null : [h("i", {}, arrow.code || arrow.fate), " "],
    h("span", { class: "way" }, way, " "), arrow.about),
    this.#drawing(arrow, times));
  }

  #drawing(arrow, times) {
    const [x, y] = [this.lane.get(arrow.from), this.lane.get(arrow.to)];
    const middle = ROW / 2;
    const parts = [];
    if (x === y) {
      parts.push(arrow.fate === "processed" ? svg("rect", { x: x - 4, y: middle - 4, width: 8, height: 8, class: "head" }) : head(arrow.fate, x, middle, 0));
    } else {
      const way = Math.sign(y - x);
      const isCut = arrow.arrived === null || arrow.arrived === undefined;
      const end = isCut ? x + (y - x) * 0.6 : y - way * 7;
      parts.push(svg("line", { x1: x, y1: middle, x2: end, y2: middle, class: "shaft" }), head(arrow.fate, end, middle, way));
      parts.push(svg("circle", { cx: x, cy: middle, r: 2.5, class: "tail" }));
      if (times) parts.push(svg("text", { x: (x + end) / 2, y: middle - 4, class: "times" }, times.trim()));
    }
    return svg("svg", { class: "drawing", width: this.width, height: ROW, "aria-hidden": "true" }, parts);
  }

  // -- the keyboard -------------------------------------------------------------------------------------

  #activate(k) {
    if (k === this.active) return;
    const before = this.shown.get(this.active)?.firstElementChild;
    before?.setAttribute("tabindex", "-1");
    this.active = k;
    this.shown.get(k)?.firstElementChild.setAttribute("tabindex", "0");
  }

  #key(event) {
    const page = Math.max(Math.floor(this.scroller.clientHeight / ROW) - 2, 1);
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (!(event.key in moves) || !this.rows.length) return;
    event.preventDefault();
    this.focus(Math.min(Math.max(this.active + moves[event.key], 0), this.rows.length - 1));
  }

  /** Brings a row into sight, and the focus to it. */
  focus(k) {
    this.#activate(k);
    const top = k * ROW;
    const sticky = this.lanes.offsetHeight;
    const { scrollTop, clientHeight } = this.scroller;
    if (top < scrollTop || top > scrollTop + clientHeight - sticky - 2 * ROW) this.scroller.scrollTop = top - clientHeight / 2;
    this.#draw();
    this.shown.get(k).firstElementChild.focus({ preventScroll: true });
  }
}

function stepText(step) {
  const sign = SIGNS[step.verdict];
  return `${sign} step ${step.number}, line ${step.line}: ${step.text}${step.outcome ? ` — ${step.outcome}` : ""}`;
}

/** The sign at an arrow's end: each fate has a shape of its own. */
function head(fate, x, y, way) {
  const w = way || 1;
  const line = (d) => svg("path", { d, class: "sign" });
  switch (fate) {
    case "processed":
      return svg("path", { d: `M${x + w * 7} ${y}L${x - w} ${y - 5}V${y + 5}Z`, class: "head" });
    case "repeated":
      return line(`M${x - w * 6} ${y - 5}L${x} ${y}L${x - w * 6} ${y + 5}M${x} ${y - 5}L${x + w * 6} ${y}L${x} ${y + 5}`);
    case "refused":
      return svg("g", {}, svg("circle", { cx: x, cy: y, r: 7, class: "ring" }), line(`M${x - 4} ${y - 4}L${x + 4} ${y + 4}M${x + 4} ${y - 4}L${x - 4} ${y + 4}`));
    case "expired":
      return svg("path", { d: `M${x - 5} ${y - 6}H${x + 5}L${x - 5} ${y + 6}H${x + 5}Z`, class: "ring" });
    case "lost":
      return line(`M${x - 5} ${y - 5}L${x + 5} ${y + 5}M${x + 5} ${y - 5}L${x - 5} ${y + 5}`);
    default:
      return svg("g", {}, svg("path", { d: `M${x} ${y - 8}L${x + 8} ${y}L${x} ${y + 8}L${x - 8} ${y}Z`, class: "ring" }), svg("text", { x, y: y + 4, class: "times" }, "?"));
  }
}

function legend() {
  return h("details", { class: "legend" }, h("summary", {}, "Signs"),
    h("ul", {}, ["processed", "refused", "repeated", "unreadable", "expired", "lost"].map((fate) => h("li", { class: fate },
      svg("svg", { width: 60, height: 20, "aria-hidden": "true" }, svg("line", { x1: 4, y1: 10, x2: 42, y2: 10, class: "shaft" }), head(fate, 44, 10, 1)),
      badge(fate)))));
}
