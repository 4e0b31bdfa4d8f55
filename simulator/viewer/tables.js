// The tables of instances, by the product's names and labels, or as they stand.

import { h, put, section, select, table } from "trustsim/dom.js";
import { several } from "trustsim/model.js";

const MOST = 1000; // rows shown at once; a search finds among all

export class Tables {
  constructor(run, views) {
    this.run = run;
    this.views = views;
    this.search = "";
    this.element = h("div", { class: "tables" });
    this.body = h("div");
    this.show();
  }

  show() {
    const names = this.run.instances.filter((name) => Object.keys(this.run.tables?.[name] ?? {}).length);
    if (!names.length) {
      put(this.element, h("p", {}, "The tables of this run were not kept."));
      return;
    }
    if (!names.includes(this.instance)) this.instance = names[0];
    const theirs = this.run.tables[this.instance];
    const named = this.views.filter((view) => view.table in theirs);
    const others = Object.keys(theirs).filter((name) => !named.some((view) => view.table === name));
    const choices = [...named.map((view) => [view.name, `${view.title} (${theirs[view.table].length})`]),
      ...others.map((name) => [name, `${name} (${theirs[name].length})`])];
    if (!choices.some(([key]) => key === this.view)) this.view = choices[0][0];
    const search = h("input", { type: "search", "aria-label": "Search in the rows", placeholder: "search", value: this.search, oninput: (event) => {
      this.search = event.target.value;
      this.#rows(theirs, named);
    } });
    put(this.element, h("div", { class: "bar" },
      select("Instance", names.map((name) => [name, name]), this.instance, (value) => this.#set("instance", value)),
      select("Table", choices, this.view, (value) => this.#set("view", value)), search), this.body);
    this.#rows(theirs, named);
  }

  #set(name, value) {
    this[name] = value;
    this.show();
  }

  #rows(theirs, named) {
    const view = named.find((it) => it.name === this.view);
    const rows = theirs[view?.table ?? this.view];
    const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    const columns = view?.columns ?? names.map((name) => ({ name, label: name, words: {} }));
    const wanted = this.search.toLowerCase();
    const found = rows.filter((row) => Object.values(row).some((value) => String(value ?? "").toLowerCase().includes(wanted)));
    const title = view ? view.title : this.view;
    put(this.body, section(`${title} of ${this.instance}`,
      h("p", {}, several(found.length, "row"), found.length > MOST ? `; the first ${MOST} are shown, search for others` : "", view ? [" of ", h("code", {}, view.table)] : ""),
      found.length ? table(title, columns.map(({ label }) => label), found.slice(0, MOST).map((row) => columns.map(({ name, words }) => shown(row[name], words)))) : null));
  }
}

function shown(value, words) {
  if (value === null || value === undefined) return "";
  const text = typeof value === "boolean" ? String(Number(value)) : typeof value === "object" ? JSON.stringify(value) : String(value);
  return Object.hasOwn(words, text) ? words[text] : text;
}
