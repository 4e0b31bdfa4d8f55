// What is shown: one of several views of one run, what the filters let through, and one arrow beside it. The address
// holds all of that, so that a view can be sent to somebody else.

import { Cmdb } from "trustsim/cmdb.js";
import { detail } from "trustsim/detail.js";
import { h, put, renew, select } from "trustsim/dom.js";
import { Live } from "trustsim/live.js";
import { Messages } from "trustsim/messages.js";
import { FATES, Run } from "trustsim/model.js";
import { overview, sections } from "trustsim/overview.js";
import { Tables } from "trustsim/tables.js";
import { Trust } from "trustsim/trust.js";

const VIEWS = { overview: "Overview", messages: "Messages", trust: "Trust", tables: "Tables", cmdb: "CMDB" };

/** Shows a document in an element; one without runs is that of a fleet that is up, and tells its own. */
export function start(element, document_) {
  return new Viewer(element, document_);
}

class Viewer {
  constructor(element, document_) {
    this.document = document_;
    this.runs = document_.runs.map((data) => new Run(data));
    this.run = this.runs[0];
    this.filter = { instances: [], fates: [], application: "", search: "", step: null, inside: true, only: null, live: false };
    this.header = h("header");
    this.nav = h("nav", { "aria-label": "Views" });
    this.filters = h("form", { class: "filters", "aria-label": "Filters", onsubmit: (event) => event.preventDefault() });
    this.main = h("main", { id: "main", tabindex: "-1" });
    this.aside = h("aside", { "aria-label": "Details", hidden: true });
    put(element, this.header, this.nav, h("div", { class: "content" }, this.main, this.aside));
    window.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !this.aside.hidden) this.close();
    });
    window.addEventListener("hashchange", () => this.#read());
    if (document_.kind === "live") this.live = new Live(this);
    this.#read();
  }

  /** A fleet that is up has said what it is. */
  begin(run) {
    this.run = Object.assign(new Run(run), { isLive: true });
    this.runs = [this.run];
    this.filter.live = true;
    this.#shape();
  }

  /** Something has happened in it. */
  happened() {
    if (this.view === "messages") {
      this.messages.show(this.filter);
      if (!this.filters.contains(document.activeElement)) this.#filters();
    } else if (this.view === "trust") this.trust.show();
    else if (this.view === "overview") this.#overview();
    this.#header();
    if (this.wanted < this.run.count) this.open(this.wanted);
  }

  // -- the address --------------------------------------------------------------------------------------

  #read() {
    const [view, query = ""] = location.hash.slice(1).split("?");
    const parameters = new URLSearchParams(query);
    this.view = Object.hasOwn(VIEWS, view) ? view : "overview";
    const number = Number(parameters.get("run") ?? 0);
    this.run = this.runs[number] ?? this.runs[0];
    const list = (name) => parameters.get(name)?.split(",").filter(Boolean) ?? [];
    const step = parseInt(parameters.get("step"), 10);
    Object.assign(this.filter, {
      instances: list("instances"), fates: list("fates").filter((fate) => FATES.includes(fate)), application: parameters.get("application") ?? "",
      search: parameters.get("search") ?? "", step: Number.isNaN(step) ? null : step,
      inside: parameters.get("inside") !== "no", only: null,
    });
    this.#shape();
    this.wanted = parameters.has("arrow") ? Number(parameters.get("arrow")) : undefined; // a fleet may have to tell of it yet
    this.open(this.wanted);
  }

  /** Says in the address what is shown; `isNew` where the browser's Back is to lead to what was shown before. */
  #write(arrow, isNew = false) {
    const { instances, fates, application, search, step, inside } = this.filter;
    const parameters = new URLSearchParams();
    if (this.runs.indexOf(this.run) > 0) parameters.set("run", this.runs.indexOf(this.run));
    if (instances.length) parameters.set("instances", instances.join());
    if (fates.length) parameters.set("fates", fates.join());
    if (application) parameters.set("application", application);
    if (search) parameters.set("search", search);
    if (step !== null) parameters.set("step", step);
    if (!inside) parameters.set("inside", "no");
    if (arrow !== undefined) parameters.set("arrow", arrow);
    const query = parameters.toString();
    history[isNew ? "pushState" : "replaceState"](null, "", `#${this.view}${query ? `?${query}` : ""}`);
  }

  // -- what is shown ------------------------------------------------------------------------------------

  #shape() {
    this.#header();
    put(this.nav, h("ul", {}, Object.entries(VIEWS).filter(() => this.run).map(([key, text]) =>
      h("li", {}, h("button", { type: "button", "aria-current": key === this.view ? "page" : undefined, onclick: () => this.go(key) }, text)))));
    this.close();
    this.#show();
  }

  #header() {
    const title = this.document.title || this.run?.name || "trustsim";
    document.title = `${title} · trustsim`;
    put(this.header,
      h("h1", {}, title),
      this.runs.length > 1 ? select("Run", this.runs.map((run, k) => [k, this.#nameOf(run)]), this.runs.indexOf(this.run), (value) => {
        this.run = this.runs[Number(value)];
        this.filter.only = null;
        this.#write();
        this.#shape();
      }) : null,
      h("span", { class: "file" }, this.run && this.run.file !== title ? this.run.file : ""),
      this.live ? this.live.state : null);
  }

  /** What tells a run from the others: its name, and where two have the same, how it ran. */
  #nameOf(run) {
    const isOne = this.runs.filter((it) => it.name === run.name).length === 1;
    return isOne ? run.name : `${run.name}, ${run.seed === null ? "on a broker" : "in virtual time"}`;
  }

  #show() {
    this.messages?.close();
    this.messages = undefined;
    if (!this.run) {
      put(this.main, sections(this.document), this.live ? h("p", {}, "Waiting for the fleet.") : null);
      return;
    }
    const narrow = (places) => this.#narrow({ only: new Set(places) });
    switch (this.view) {
      case "messages":
        this.messages = new Messages(this.run, this.filter, { open: (place) => this.open(place), narrow });
        this.#filters();
        put(this.main, this.live?.bar, this.filters, this.messages.element);
        break;
      case "trust":
        this.trust = new Trust(this.run, (place) => this.open(place));
        put(this.main, this.live?.bar, this.trust.element);
        break;
      case "tables":
        put(this.main, this.live ? this.live.tables(this.document.views) : new Tables(this.run, this.document.views).element);
        break;
      case "cmdb":
        put(this.main, this.live ? this.live.cmdb() : new Cmdb(this.run).element);
        break;
      default:
        this.overview = h("div");
        put(this.main, this.live?.bar, sections(this.document), this.overview);
        this.#overview();
    }
  }

  #overview() {
    renew(this.overview, overview(this.run, (number) => {
      Object.assign(this.filter, { step: number, only: null });
      this.go("messages");
    }));
  }

  go(view) {
    const isNew = view !== this.view;
    this.view = view;
    this.#write(undefined, isNew);
    this.#shape();
    this.main.focus();
  }

  // -- one arrow ----------------------------------------------------------------------------------------

  open(place) {
    if (!(place >= 0 && place < this.run?.count)) return;
    this.wanted = undefined;
    this.opener ??= document.activeElement;
    put(this.aside, h("button", { type: "button", class: "close", onclick: () => this.close() }, "Close"), detail(this.run, place, (other) => this.open(other)));
    this.aside.hidden = false;
    this.#write(place);
    this.aside.querySelector("button").focus();
  }

  close() {
    if (this.aside.hidden) return;
    this.aside.hidden = true;
    put(this.aside);
    this.#write();
    if (this.opener?.isConnected) this.opener.focus();
    else this.messages?.focus(this.messages.active);
    this.opener = undefined;
  }

  // -- filters ------------------------------------------------------------------------------------------

  #narrow(change) {
    Object.assign(this.filter, change);
    this.#write();
    this.#filters();
    this.messages.show(this.filter);
  }

  #filters() {
    const { filter, run } = this;
    // What a filter is set to is among what it offers, also where the run has nothing of the kind (yet).
    const applications = [...new Set([...run.applications, filter.application])].filter(Boolean);
    const instances = [...new Set([...run.instances, ...filter.instances])];
    const steps = run.steps.map((step) => [step.number, `${step.number}: ${step.text.slice(0, 60)}`]);
    if (filter.step !== null && !steps.some(([number]) => number === filter.step)) steps.push([filter.step, `${filter.step}: none of this run`]);
    const toggle = (name, value) => this.#narrow({ [name]: filter[name].includes(value) ? filter[name].filter((it) => it !== value) : [...filter[name], value] });
    const box = (name, value) => h("label", { class: `box ${name === "fates" ? value : ""}` }, h("input", { type: "checkbox", checked: filter[name].includes(value), onchange: () => toggle(name, value) }), ` ${value}`);
    const isOpen = (id) => this.filters.querySelector(`#${id}`)?.open ?? false;
    const nameOf = (it) => it.getAttribute("aria-label") ?? it.parentElement.textContent;
    const focused = this.filters.contains(document.activeElement) ? nameOf(document.activeElement) : undefined;
    put(this.filters,
      h("input", { type: "search", "aria-label": "Search in the messages", placeholder: "search", value: filter.search, oninput: (event) => this.#narrow({ search: event.target.value }) }),
      applications.length > 1 || filter.application ? select("Application", [["", "all"], ...applications.map((name) => [name, name])], filter.application, (value) => this.#narrow({ application: value })) : null,
      steps.length ? select("Step", [["", "all"], ...steps], filter.step ?? "", (value) => this.#narrow({ step: value === "" ? null : Number(value) })) : null,
      h("details", { id: "outcomes", open: isOpen("outcomes") || filter.fates.length > 0 }, h("summary", {}, "Outcomes"), FATES.map((fate) => box("fates", fate))),
      h("details", { id: "instances", open: isOpen("instances") || filter.instances.length > 0 && instances.length <= 20 }, h("summary", {}, `Instances${filter.instances.length ? ` (${filter.instances.length})` : ""}`), h("div", { class: "boxes" }, instances.map((name) => box("instances", name)))),
      h("label", { class: "box" }, h("input", { type: "checkbox", checked: filter.inside, onchange: (event) => this.#narrow({ inside: event.target.checked }) }), " what instances do by themselves"),
      filter.only ? h("button", { type: "button", onclick: () => this.#narrow({ only: null }) }, `only one bundle of ${filter.only.size}: show all again`) : null);
    [...this.filters.querySelectorAll("input, select")].find((it) => nameOf(it) === focused)?.focus();
  }
}
