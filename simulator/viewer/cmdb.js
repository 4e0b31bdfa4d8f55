// What the CMDBs were told: per item which entries were tried and why, per attribute who won; and their domains.

import { h, put, section, select, table } from "trustsim/dom.js";
import { clock, several } from "trustsim/model.js";

/** One answer with its items. */
export function answerDetail(answer) {
  const items = answer.response.items ?? [];
  return [h("h3", {}, `CMDB of ${answer.instance}: ${several(items.length, "item")}`),
    h("p", {}, `for ${answer.user}${answer.source ? `, source ${answer.source}` : ""}, ${clock(answer.at, true)}`),
    items.map((item, k) => itemDetail(item, explanationOf(answer, item, k))),
    h("details", {}, h("summary", {}, "Payload and response"), h("pre", {}, JSON.stringify(answer.payload, undefined, 2)), h("pre", {}, JSON.stringify(answer.response, undefined, 2)))];
}

function explanationOf(answer, item, k) {
  const indices = item.inputIndices ?? [k];
  return answer.explanation.find((it) => it.indices.some((index) => indices.includes(index)));
}

function itemDetail(item, explanation) {
  const errors = item.errors ?? [];
  return h("article", { class: "item" },
    h("h4", {}, `${item.className} `, h("span", { class: `badge ${errors.length ? "refused" : "processed"}` }, errors[0]?.error ?? item.operation), " ", h("code", {}, item.sysId ?? "")),
    errors.map((it) => h("p", { class: "reason refused" }, `${it.error}: ${it.message}`)),
    attempts(item, explanation),
    attributes(explanation));
}

function attempts(item, explanation) {
  const tried = explanation?.attempts.map(({ attempt, candidates }) => [attempt, candidates]) ?? (item.identificationAttempts ?? []).map((attempt) => [attempt, []]);
  if (!tried.length) return null;
  return table("Identification: what was tried", ["rule", "attributes", "in", "result", "CIs that it came upon"], tried.map(([attempt, candidates]) => [
    attempt.identifierName || attempt.identifier || attempt.info || "", (attempt.attributes ?? []).join(", "),
    attempt.searchOnTable ?? attempt.table ?? "", attempt.attemptResult ?? attempt.result ?? "",
    candidates.map((it) => h("p", {}, `${it.title}: ${it.reason}`))]));
}

function attributes(explanation) {
  if (!explanation?.attributes.length) return null;
  return table("Reconciliation: who won each attribute", ["attribute", "sent", "has", "won by", "why"], explanation.attributes.map((it) => [
    it.attribute, String(it.sent ?? ""), String(it.value ?? ""), it.winner ?? "",
    [it.reason, it.others.length ? h("details", {}, h("summary", {}, "others"), it.others.map((other) => h("p", {}, other))) : null]]));
}

/** The view of all CMDBs of a run. */
export class Cmdb {
  constructor(run) {
    this.run = run;
    this.element = h("div", { class: "cmdb" });
    this.instance = undefined;
    this.show();
  }

  show() {
    const names = this.run.instances.filter((name) => this.run.tables?.[name]?.cmdb || (this.run.answers ?? []).some((it) => it.instance === name));
    if (!names.length) {
      put(this.element, h("p", {}, "No instance of this run has used its CMDB."));
      return;
    }
    this.instance ??= names[0];
    const answers = (this.run.answers ?? []).filter((it) => it.instance === this.instance);
    put(this.element,
      h("div", { class: "bar" }, select("CMDB of", names.map((name) => [name, name]), this.instance, (value) => {
        this.instance = value;
        this.show();
      })),
      section("Domains and their CIs", domains(this.run.tables?.[this.instance] ?? {})),
      section("Payloads", answers.length ? answers.map((answer) => h("details", {},
        h("summary", {}, `${clock(answer.at)} ${answer.source ?? "no source"} by ${answer.user}: `, summary(answer)), answerDetail(answer))) : h("p", {}, "none")));
  }
}

function summary(answer) {
  const counts = new Map();
  for (const item of answer.response.items ?? []) {
    const word = item.errors?.[0]?.error ?? item.operation;
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const isDone = (word) => ["INSERT", "UPDATE", "NO_CHANGE"].some((it) => word.startsWith(it));
  if (!counts.size) return "no items";
  return [...counts].map(([word, number]) => [h("span", { class: `badge ${isDone(word) ? "processed" : "refused"}` }, number > 1 ? `${number} ${word}` : word), " "]);
}

function domains(tables) {
  const rows = tables.domain ?? [];
  const cis = tables.cmdb ?? [];
  const known = new Set(["global", ...rows.map((row) => row.name)]);
  const children = (parent) => rows.filter((row) => (known.has(row.parent) ? row.parent : "global") === parent && row.name !== "global");
  const node = (name, seen) => {
    const theirs = cis.filter((ci) => (known.has(ci.sys_domain) ? ci.sys_domain : "global") === name);
    const below = seen.has(name) ? [] : children(name);
    return h("li", {}, h("b", {}, name), ` ${several(theirs.length, "CI")}`,
      theirs.length ? h("ul", { class: "cis" }, theirs.slice(0, 100).map((ci) => h("li", {}, `${ci.name ?? "(no name)"} `, h("span", { class: "class" }, ci.sys_class_name)))) : null,
      theirs.length > 100 ? h("p", {}, `and ${theirs.length - 100} more, in the table cmdb`) : null,
      below.length ? h("ul", {}, below.map((row) => node(row.name, new Set([...seen, name])))) : null);
  };
  return h("ul", { class: "tree" }, node("global", new Set()));
}
