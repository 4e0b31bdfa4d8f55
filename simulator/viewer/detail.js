// One arrow: the envelope, the decision and its reason, what it came of and what came of it.

import { badge, h, table } from "trustsim/dom.js";
import { clock, span } from "trustsim/model.js";
import { answerDetail } from "trustsim/cmdb.js";

/** What there is to say of an arrow; `open(place)` goes on to another one. */
export function detail(run, place, open) {
  const arrow = run.arrow(place);
  const step = run.steps.find((it) => it.number === arrow.step);
  const way = arrow.from === arrow.to ? `at ${arrow.from}` : `${arrow.from} → ${arrow.to}`;
  const facts = [
    ["application", arrow.application], ["capability", arrow.capability], ["operation", arrow.operation],
    ["sent", clock(arrow.sent, true)],
    [arrow.arrived === null || arrow.arrived === undefined ? "arrived" : "done", arrived(arrow)],
    ["decided by", arrow.by],
    ["step", step && `${step.number}, line ${step.line}: ${step.text}`],
    ["envelope", arrow.envelope && h("code", {}, arrow.envelope)],
  ];
  return [
    h("h2", {}, arrow.what, " ", badge(arrow.fate)),
    h("p", { class: "way" }, way),
    decision(run, arrow),
    h("dl", {}, facts.filter(([, value]) => value).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
    chain(run, "Came of", causes(run, place), open),
    chain(run, "Led to", run.effectsOf(place), open),
    changes(run.changesOf(place)),
    run.answersOf(place).map((answer) => answerDetail(answer)),
  ];
}

function arrived(arrow) {
  if (arrow.arrived === null || arrow.arrived === undefined) return "never";
  const took = arrow.arrived - arrow.sent;
  return took > 0 ? `${clock(arrow.arrived, true)}, after ${span(took)}` : clock(arrow.arrived, true);
}

/** Why, and who must change what. */
function decision(run, arrow) {
  if (!arrow.explanation && !arrow.code) return null;
  const meaning = run.codes[arrow.code];
  const [found, ...change] = arrow.explanation.split(/(?= To allow it, )/);
  return h("div", { class: `reason ${arrow.fate}` },
    arrow.code && h("p", {}, h("b", {}, arrow.code)),
    h("p", {}, found),
    change.length ? h("p", {}, h("b", {}, "What would change it: "), change.join("").trim().replace(/^To allow it, /, "")) : null,
    meaning && h("p", { class: "rule" }, `${meaning.rule} [${meaning.source}] Mostly mended by: ${meaning.remedy}.`));
}

function causes(run, place) {
  const found = [];
  for (let at = run.causeOf(place); at !== undefined && !found.includes(at) && at !== place; at = run.causeOf(at)) found.unshift(at);
  return found;
}

function chain(run, title, places, open) {
  if (!places.length) return null;
  const shown = places.slice(0, 50);
  return [h("h3", {}, title),
    h("ul", { class: "chain" }, shown.map((place) => {
      const it = run.arrow(place);
      const way = it.from === it.to ? it.from : `${it.from} → ${it.to}`;
      return h("li", {}, h("button", { type: "button", class: "link", onclick: () => open(place) }, `${it.what} ${it.about}`), ` ${way} `, badge(it.fate));
    })),
    places.length > shown.length ? h("p", {}, `and ${places.length - shown.length} more; the cause is the same`) : null];
}

function changes(found) {
  if (!found.length) return null;
  return [h("h3", {}, "Has changed"),
    table("Rows that it has changed", ["table of instance", "before", "after"],
      found.map((change) => [`${change.table} of ${change.instance}`, fields(change.before, change.after), fields(change.after, change.before)]))];
}

/** A row, with what is not the same in the other one set off. */
export function fields(row, other) {
  if (!row) return "—";
  return Object.entries(row).filter(([, value]) => value !== "" && value !== null)
    .map(([name, value], k) => [k ? ", " : "", `${name} `, h(other && other[name] === value ? "span" : "b", {}, String(value))]);
}
