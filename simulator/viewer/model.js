// A run as the page reads it. See simulator/report/files/page.py for the document.

export const FATES = ["processed", "refused", "repeated", "unreadable", "expired", "lost"];

/** How far the diagram is zoomed out: what stands in one row. */
export const LEVELS = [
  ["each", "every message"],
  ["alike", "alike ones of a step together"],
  ["pair", "all of a step between two together"],
];

const MOST_ROWS = 5000; // above that the diagram begins zoomed out

export class Run {
  constructor(data) {
    Object.assign(this, { ...data, texts: [], ids: [], steps: [], changes: [], count: 0 });
    this.columns = {};
    this.placeOfStep = new Map();
    this.byEnvelope = new Map(); // id's place -> places of arrows
    this.tableNews = new Map(); // table -> places of changes
    this.take(data.news);
  }

  /** Adds what is new of a run that goes on. */
  take(news) {
    for (const text of news.texts) this.texts.push(text);
    for (const id of news.ids) this.ids.push(id);
    const first = this.count;
    for (const [name, values] of Object.entries(news.arrows)) {
      const column = (this.columns[name] ??= []);
      for (const value of values) column.push(value);
      this.count = column.length;
    }
    for (let i = first; i < this.count; i++) {
      const id = this.columns.envelope[i];
      if (this.byEnvelope.has(id)) this.byEnvelope.get(id).push(i);
      else this.byEnvelope.set(id, [i]);
    }
    for (const step of news.steps) {
      if (!this.placeOfStep.has(step.number)) this.placeOfStep.set(step.number, this.steps.length);
      this.steps[this.placeOfStep.get(step.number)] = step; // more may have become of it since
    }
    for (const change of news.changes) this.changes.push(change);
    this.causedBy = undefined;
    this.changesBy = undefined;
  }

  text(name, i) {
    return this.texts[this.columns[name][i]];
  }

  /** All of one arrow, by its place. */
  arrow(i) {
    const { sent, arrived, fate, step, envelope, cause } = this.columns;
    const it = { place: i, sent: sent[i], arrived: arrived[i], fate: FATES[fate[i]], step: step[i],
      envelope: this.ids[envelope[i]], causeId: this.ids[cause[i]] };
    for (const name of ["from", "to", "by", "kind", "application", "capability", "operation", "code", "explanation"]) {
      it[name] = this.text(name, i);
    }
    it.what = it.kind.replaceAll("_", " ") || "an envelope";
    it.about = [it.application, it.capability, it.operation].filter(Boolean).join(" > ");
    return it;
  }

  at(i) {
    return this.columns.arrived[i] ?? this.columns.sent[i];
  }

  /** The arrow that has led to one; undefined where that is none of this run. */
  causeOf(i) {
    const places = this.ids[this.columns.cause[i]] ? this.byEnvelope.get(this.columns.cause[i]) : undefined;
    return places?.[0];
  }

  /** The arrows that one has led to. */
  effectsOf(i) {
    if (!this.causedBy) {
      this.causedBy = new Map();
      for (let k = 0; k < this.count; k++) {
        const cause = this.columns.cause[k];
        if (this.ids[cause]) this.causedBy.set(cause, [...(this.causedBy.get(cause) ?? []), k]);
      }
    }
    const isFirst = this.byEnvelope.get(this.columns.envelope[i])[0] === i;
    return isFirst ? this.causedBy.get(this.columns.envelope[i]) ?? [] : [];
  }

  /** How rows of trust have changed because of one arrow. */
  changesOf(i) {
    if (!this.changesBy) {
      this.changesBy = new Map();
      for (const change of this.changes) {
        const key = `${change.instance} ${change.cause}`;
        this.changesBy.set(key, [...(this.changesBy.get(key) ?? []), change]);
      }
    }
    return this.changesBy.get(`${this.text("by", i)} ${this.columns.envelope[i]}`) ?? [];
  }

  /** The arrow that has changed a row. */
  arrowOf(change) {
    return (this.byEnvelope.get(change.cause) ?? []).find((i) => this.text("by", i) === change.instance);
  }

  /** What CMDBs have answered to one arrow. */
  answersOf(i) {
    const arrow = this.arrow(i);
    return (this.answers ?? []).filter((answer) => answer.cause === arrow.envelope && answer.instance === arrow.to);
  }

  get applications() {
    return [...new Set(this.columns.application)].map((place) => this.texts[place]).filter(Boolean).sort();
  }

  /** The places of the arrows that a filter lets through, in order. */
  filtered(filter) {
    const { from, to, fate, application, step } = this.columns;
    const instances = new Set(filter.instances.map((name) => this.texts.indexOf(name)));
    const isWanted = FATES.map((name) => !filter.fates.length || filter.fates.includes(name));
    const wanted = filter.application ? this.texts.indexOf(filter.application) : undefined;
    const words = filter.search.toLowerCase().split(/[\s_]+/).filter(Boolean);
    const hits = new Map(); // by word: whether a text has it
    const found = [];
    for (let i = 0; i < this.count; i++) {
      if (!isWanted[fate[i]]) continue;
      if (instances.size && !instances.has(from[i]) && !instances.has(to[i])) continue;
      if (wanted !== undefined && application[i] !== wanted) continue;
      if (filter.step !== null && step[i] !== filter.step) continue;
      if (!filter.inside && from[i] === to[i]) continue;
      if (filter.only && !filter.only.has(i)) continue;
      if (words.length && !words.every((word) => this.#has(i, word, hits))) continue;
      found.push(i);
    }
    return found;
  }

  #has(i, word, hits) {
    if (!hits.has(word)) hits.set(word, this.texts.map((text) => text.toLowerCase().replaceAll("_", " ").includes(word)));
    const places = hits.get(word);
    const names = ["from", "to", "kind", "application", "capability", "operation", "code", "explanation"];
    return names.some((name) => places[this.columns[name][i]]) || this.ids[this.columns.envelope[i]].startsWith(word);
  }

  /** The level at which that many arrows are best seen first. */
  levelFor(places) {
    if (places.length <= MOST_ROWS) return "each";
    return this.rows(places, "alike").length <= MOST_ROWS ? "alike" : "pair";
  }

  /**
   * The rows of the diagram: arrows, or bundles of them, with steps, faults and the passing of time between them.
   * No arrow is left out: the `places` of all rows together are those that were given.
   */
  rows(places, level) {
    const rows = [];
    const bundles = new Map();
    const marks = this.#marks();
    let mark = 0;
    let last;
    for (const i of places) {
      const at = this.at(i);
      const step = this.columns.step[i];
      while (mark < marks.length && (marks[mark].at < at || (marks[mark].step ?? Infinity) <= step)) {
        rows.push(marks[mark]);
        mark += 1;
        bundles.clear();
        last = undefined;
      }
      if (last !== undefined && at - last >= 1000) rows.push({ type: "time", at, passed: at - last });
      last = Math.max(at, last ?? at);
      const key = level === "each" ? i : this.#key(i, level);
      if (bundles.has(key)) {
        bundles.get(key).places.push(i);
        continue;
      }
      const row = { type: "arrow", at, places: [i] };
      bundles.set(key, row);
      rows.push(row);
    }
    return [...rows, ...marks.slice(mark)];
  }

  #key(i, level) {
    const { from, to, fate, step, kind, application, capability, operation, code } = this.columns;
    const key = [step[i], from[i], to[i], fate[i]];
    if (level === "alike") key.push(kind[i], application[i], capability[i], operation[i], code[i]);
    return key.join();
  }

  /** Steps, and the begins and ends of faults, in the order of time. */
  #marks() {
    const marks = this.steps.map((step) => ({ type: "step", at: step.began, step: step.number, order: step.number, it: step }));
    for (const { step, text, began, ended } of this.faults) {
      marks.push({ type: "fault", at: began, order: step + 0.5, text: `begins: ${text}` });
      if (ended !== null && ended <= this.ended) marks.push({ type: "fault", at: ended, order: step + 0.5, text: `ends: ${text}` });
    }
    return marks.sort((one, other) => one.at - other.at || one.order - other.order);
  }

  get faults() {
    return this.steps.filter((step) => step.fault)
      .map((step) => ({ step: step.number, text: step.text, began: step.fault[0], ended: step.fault[1] }));
  }

  // -- rows of trust, at any time -----------------------------------------------------------------------

  /** The changes of these tables, in order, each with its place among all changes. */
  changesTo(tables) {
    return this.changes.filter((change) => tables.includes(change.table));
  }

  /** The rows of tables of trust after the first `number` of their changes: [{instance, table, row, last}]. */
  rowsAfter(tables, number) {
    const rows = new Map();
    const changes = this.changesTo(tables);
    const firsts = new Set();
    for (const change of changes) {
      const key = this.#keyOf(change);
      if (firsts.has(key)) continue;
      firsts.add(key);
      if (change.before) rows.set(key, { instance: change.instance, table: change.table, row: change.before });
    }
    for (const [instance, theirs] of Object.entries(this.tables ?? {})) {
      for (const name of tables) {
        for (const row of theirs[name] ?? []) {
          const key = this.#keyOf({ instance, table: name, after: row });
          if (!firsts.has(key)) rows.set(key, { instance, table: name, row });
        }
      }
    }
    for (const change of changes.slice(0, number)) {
      const key = this.#keyOf(change);
      if (change.after) rows.set(key, { instance: change.instance, table: change.table, row: change.after, last: change });
      else rows.delete(key);
    }
    return [...rows.values()];
  }

  #keyOf({ instance, table, before, after }) {
    return JSON.stringify([instance, table, ...this.keys[table].map((name) => (after ?? before)[name])]);
  }

  /** How one row of trust came to be: its changes, oldest first. */
  historyOf(table, instance, match) {
    return this.changes.filter((change) => change.table === table && change.instance === instance &&
      Object.entries(match).every(([name, value]) => (change.after ?? change.before)[name] === value));
  }
}

// -- words ----------------------------------------------------------------------------------------------

/** A point in fleet time. */
export function clock(at, withDate = false) {
  const text = new Date(at).toISOString();
  return withDate ? `${text.slice(0, 10)} ${text.slice(11, 23)}` : text.slice(11, 23);
}

/** How long something took. */
export function span(milliseconds) {
  const units = [["d", 86400000], ["h", 3600000], ["min", 60000], ["s", 1000], ["ms", 1]];
  const parts = [];
  let rest = milliseconds;
  for (const [unit, size] of units) {
    const number = unit === "ms" ? Math.round(rest * 1000) / 1000 : Math.floor(rest / size);
    if (number && parts.length < 2) parts.push(`${number} ${unit}`);
    rest -= Math.floor(rest / size) * size;
  }
  return parts.join(" ") || "0 ms";
}

/** A number of things, in words. */
export function several(number, one, many = `${one}s`) {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}
