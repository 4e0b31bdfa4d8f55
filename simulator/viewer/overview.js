// The verdict first, then what failed, then all steps and what else the document says.

import { badge, h, section, table } from "trustsim/dom.js";
import { clock, FATES, several, span } from "trustsim/model.js";

/** The first view of a run; `toStep(number)` shows the messages of a step. */
export function overview(run, toStep) {
  const failed = run.steps.filter((step) => step.failures.length);
  const met = run.steps.length - failed.length;
  return [
    h("p", { class: "verdict" }, run.isLive ? upOrNot(run) : badge(run.verdict), ` ${met} of ${several(run.steps.length, "step")}, ${several(run.instances.length, "instance")}, ${span(run.ended - run.began)} of fleet time`),
    failed.length ? section("What failed", failed.map((step) => failure(run, step, toStep))) : null,
    section("Messages", h("p", {}, counts(run))),
    section("Steps", steps(run, toStep)),
    run.replay ? section("Again", h("p", {}, "The same run, to the byte: ", h("code", {}, run.replay)), h("p", {}, "journal ", h("code", {}, run.fingerprint))) : null,
  ];
}

function upOrNot(run) {
  return run.isSilent ? h("span", { class: "badge refused" }, "not up any more") : h("span", { class: "badge met" }, "up");
}

function counts(run) {
  const numbers = FATES.map((name, fate) => [name, run.columns.fate.reduce((sum, each) => sum + (each === fate), 0)]);
  const shown = numbers.filter(([, number]) => number);
  return shown.length ? shown.map(([name, number]) => [badge(name), ` ${number.toLocaleString("en")} `]) : "none";
}

function failure(run, step, toStep) {
  return h("article", { class: "failure" },
    h("h3", {}, `${run.file}:${step.failures[0].line} `, stepLink(step, toStep)),
    step.failures.map((it) => h("dl", {},
      h("dt", {}, "wanted"), h("dd", {}, it.wanted),
      h("dt", {}, "seen"), h("dd", {}, it.seen),
      it.explanation ? [h("dt", {}, "why"), h("dd", {}, it.explanation)] : null)));
}

function stepLink(step, toStep) {
  return h("button", { type: "button", class: "link", onclick: () => toStep(step.number) }, `step ${step.number}: ${step.text}`);
}

function steps(run, toStep) {
  return table("Steps", ["line", "fleet time", "step", "what became of it", "expected"], run.steps.map((step) => [
    String(step.line), clock(step.began), stepLink(step, toStep),
    [step.outcome, step.reasons.length ? h("details", {}, h("summary", {}, "why"), step.reasons.map((reason) => h("p", {}, reason))) : null],
    badge(step.verdict)]));
}

/** What a document says beside its runs: of a plan, a comparison, a sweep. */
export function sections(document_) {
  return [
    document_.facts.length ? h("dl", { class: "facts" }, document_.facts.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])) : null,
    document_.sections.map((it) => section(it.title, it.text ? h("p", {}, it.text) : null,
      it.rows.length ? table(it.title, it.columns, it.rows.map((row) => row.map((cell) => String(cell ?? "")))) : null)),
  ];
}
