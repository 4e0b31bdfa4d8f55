// Who trusts whom, at any time of the run, with how each cell came to be; and who manages whom.

import { h, put, renew, section, select } from "trustsim/dom.js";
import { clock, several } from "trustsim/model.js";
import { fields } from "trustsim/detail.js";

const TRUST = "sn_mif_trusted_instance";
const GRANTS = "sn_mif_trust_config";
const MANAGED = "sn_mif_managed_instance";
const MANAGED_BY = "sn_mif_managed_by_instance";
const TABLES = [TRUST, GRANTS, MANAGED, MANAGED_BY];
const FOLDED_FROM = 16; // instances above which equal rows are folded at first

export class Trust {
  constructor(run, open) {
    this.run = run;
    this.open = open;
    this.what = undefined; // as JSON: [application, capability], or [application] for data sharing
    this.moment = Infinity;
    this.isFolded = run.instances.length > FOLDED_FROM;
    this.choice = h("span");
    this.slider = h("input", { type: "range", min: "0", "aria-label": "Change of trust, in the order of time", oninput: (event) => {
      const value = Number(event.target.value);
      this.moment = value >= this.changes.length ? Infinity : value;
      this.show();
    } });
    this.when = h("span", { class: "moment" });
    this.bar = h("div", { class: "bar" }, this.choice,
      h("label", {}, h("input", { type: "checkbox", checked: this.isFolded, onchange: (event) => {
        this.isFolded = event.target.checked;
        this.show();
      } }), " equal ones together"),
      h("label", { class: "slider" }, "time ", this.slider), this.when);
    this.body = h("div");
    this.cell = h("div", { class: "history", "aria-live": "polite" });
    this.element = h("div", { class: "trust" }, this.bar, this.body, this.cell);
    this.show();
  }

  /** Shows the run as it is now. */
  show() {
    this.changes = this.run.changesTo(TABLES);
    const isLast = this.moment >= this.changes.length;
    const number = isLast ? this.changes.length : this.moment;
    const choices = this.#choices();
    if (!choices.some(([key]) => key === this.what)) this.what = choices[0]?.[0];
    this.#bar(choices, number);
    const rows = this.run.rowsAfter(TABLES, number);
    renew(this.body, this.what ? this.#matrix(rows) : h("p", {}, "Nobody has trusted anybody in this run."), this.#tree(rows));
  }

  #choices() {
    const found = new Map();
    const add = (table, row) => {
      if (table === TRUST) found.set(JSON.stringify([row.application, row.capability]), `${row.application} > ${row.capability}`);
      if (table === GRANTS && (row.grant_access || row.customised)) found.set(JSON.stringify([row.application]), `${row.application}: data sharing`);
    };
    for (const change of this.changes) add(change.table, change.after ?? change.before);
    for (const { table, row } of this.run.rowsAfter(TABLES, 0)) add(table, row);
    return [...found];
  }

  /** What is in the bar stays the same elements: somebody may be about to pull or to choose. */
  #bar(choices, number) {
    const last = this.changes[number - 1];
    const when = number === 0 ? "at the beginning" : number === this.changes.length ? "now, after the last change" : "";
    this.slider.max = String(this.changes.length);
    this.slider.value = String(number);
    this.slider.setAttribute("aria-valuetext", `${number} of ${this.changes.length}`);
    if (!this.choice.contains(document.activeElement)) {
      put(this.choice, choices.length ? select("Trust for", choices, this.what, (value) => {
        this.what = value;
        put(this.cell);
        this.show();
      }) : null);
    }
    renew(this.when, `${several(number, "change")} of ${this.changes.length}`, last ? `, ${clock(last.at, true)}` : "", when ? `, ${when}` : "",
      last ? [" ", this.#causeLink(last)] : null);
  }

  #causeLink(change) {
    const place = this.run.arrowOf(change);
    if (place === undefined) return null;
    return h("button", { type: "button", class: "link", onclick: () => this.open(place) }, this.run.arrow(place).what);
  }

  /** A cell for each pair; those who trust and are trusted alike share a row or a column. */
  #matrix(rows) {
    const [application, capability] = JSON.parse(this.what);
    const isGrant = capability === undefined;
    const cells = new Map();
    for (const { instance, table, row } of rows) {
      if (row.application !== application) continue;
      if (isGrant && table === GRANTS) {
        const text = row.grant_access ? (row.customised ? "granted" : "by default") : row.customised ? "denied" : "";
        if (text) cells.set(`${instance}\n${row.instance}`, text);
      }
      if (!isGrant && table === TRUST && row.capability === capability) cells.set(`${instance}\n${row.trusted_instance}`, `${row.version} ${row.origin}`);
    }
    const involved = new Set([...cells.keys()].flatMap((key) => key.split("\n")));
    for (const change of this.changes) {
      const row = change.after ?? change.before;
      if (row.application === application) [change.instance, row.trusted_instance ?? row.instance].forEach((name) => name && involved.add(name));
    }
    const names = [...new Set([...this.run.instances, ...involved])].filter((name) => involved.has(name));
    const at = (from, to) => cells.get(`${from}\n${to}`) ?? "";
    const trustors = this.#folded(names, (name) => names.map((to) => at(name, to)));
    const trustees = this.#folded(names, (name) => names.map((from) => at(from, name)));
    const [gives, takes] = isGrant ? ["grants", "is granted"] : ["trustor", "trustee"];
    return section(isGrant ? `${application}: who grants whom access to data` : `Who trusts whom for ${capability}`,
      h("p", {}, `Rows are the ${isGrant ? "grantor" : "trustor"}, columns the ${isGrant ? "grantee" : "trustee"}. A cell tells how it came to be.`),
      h("div", { class: "scrolls", tabindex: "0", role: "region", "aria-label": "Trust matrix" },
        h("table", { class: "matrix" },
          h("thead", {}, h("tr", {}, h("th", { scope: "col" }, `${gives} \\ ${takes}`), trustees.map((group) => h("th", { scope: "col" }, title(group))))),
          h("tbody", {}, trustors.map((group) => h("tr", {}, h("th", { scope: "row" }, title(group)),
            trustees.map((others) => this.#cell(group[0], others.find((name) => name !== group[0]) ?? others[0], at, isGrant))))))));
  }

  #cell(from, to, at, isGrant) {
    const text = at(from, to);
    if (from === to) return h("td", { class: "self" }, "");
    const say = `${from} ${isGrant ? "grants" : "trusts"} ${to}: ${text || "no"}`;
    return h("td", { class: text === "denied" ? "no" : text ? "yes" : "none" },
      h("button", { type: "button", "aria-label": say, title: say, onclick: () => this.#history(from, to, isGrant) }, text || "·"));
  }

  #folded(names, keyOf) {
    if (!this.isFolded) return names.map((name) => [name]);
    const groups = new Map();
    names.forEach((name) => {
      const key = JSON.stringify(keyOf(name));
      if (groups.has(key)) groups.get(key).push(name);
      else groups.set(key, [name]);
    });
    return [...groups.values()];
  }

  #history(from, to, isGrant) {
    const [application, capability] = JSON.parse(this.what);
    const match = isGrant ? { application, instance: to } : { application, capability, trusted_instance: to };
    const found = this.run.historyOf(isGrant ? GRANTS : TRUST, from, match);
    put(this.cell, section(`${from} and ${to}: how it came to be`,
      found.length ? h("ol", {}, found.map((change) => h("li", {}, `${clock(change.at, true)}: `,
        change.after ? (change.before ? "changed to " : "there is now ") : "deleted: ", fields(change.after ?? change.before, change.before && change.after ? change.before : undefined),
        " by ", this.#causeLink(change) ?? "what came before this run")))
        : h("p", {}, "There was never a row, or it has been as it is from the start.")));
    this.cell.scrollIntoView({ block: "nearest" });
  }

  /** The managers, and below each whom it manages; also who has only asked. */
  #tree(rows) {
    const byManager = new Map();
    const put_ = (manager, managed, application, state) => {
      const key = `${managed}\n${application}`;
      if (!byManager.has(manager)) byManager.set(manager, new Map());
      byManager.get(manager).set(key, { managed, application, ...byManager.get(manager).get(key), ...state });
    };
    for (const { instance, table, row } of rows) {
      if (table === MANAGED) put_(instance, row.managed_instance, row.application, { here: row.status });
      if (table === MANAGED_BY) put_(row.manager_instance, instance, row.application, { there: row.approval });
    }
    if (!byManager.size) return section("Who manages whom", h("p", {}, "Nobody manages anybody."));
    return section("Who manages whom", h("ul", { class: "tree" }, [...byManager].map(([manager, managed]) => h("li", {},
      h("b", {}, manager), h("ul", {}, alike([...managed.values()]).map(([it, names]) => h("li", {}, title(names), `: ${it.application}, `,
        state("manager's side", it.here), ", ", state("managed side", it.there))))))));
  }
}

/** Those that are managed for the same in the same state, each group by one of them and with all names. */
function alike(managed) {
  const groups = new Map();
  for (const it of managed) {
    const key = JSON.stringify([it.application, it.here, it.there]);
    if (groups.has(key)) groups.get(key)[1].push(it.managed);
    else groups.set(key, [it, [it.managed]]);
  }
  return [...groups.values()].flatMap(([it, names]) => names.length < FOLDED_FROM ? names.map((name) => [it, [name]]) : [[it, names]]);
}

const IN_FORCE = ["approved", "auto_approved"];

function state(side, word) {
  if (!word) return h("span", { class: "state" }, `${side}: no row`);
  return h("span", { class: `state ${IN_FORCE.includes(word) ? "yes" : "no"}` }, `${side}: ${word.replaceAll("_", " ")}`);
}

function title(group) {
  if (group.length === 1) return group[0];
  return h("details", {}, h("summary", {}, several(group.length, "instance"), " alike"), group.join(", "));
}
