// A fleet that is up: its news as they come, and buttons for what an administrator does.

import { Cmdb } from "trustsim/cmdb.js";
import { badge, h, put } from "trustsim/dom.js";
import { clock } from "trustsim/model.js";
import { Tables } from "trustsim/tables.js";

const DRAWN_EVERY = 100; // milliseconds: news that come faster are shown together
const HELD = 5000; // milliseconds: as long a press may last before news are drawn under it, for not every release is told
const SILENT = "the fleet does not answer: it has ended, or is out of reach; what it has told stays here";
const UNKNOWN = "this address is not the fleet's: open the whole of what `trustsim up --page` has printed, with its token";
const SHARE = 5; // how many times as long as drawing takes the page is free for whoever uses it

export class Live {
  constructor(viewer) {
    this.viewer = viewer;
    this.token = new URLSearchParams(location.search).get("token") ?? "";
    this.state = h("span", { class: "state", role: "status" }, "connecting");
    this.answer = h("div", { class: "answer", role: "status" });
    this.form = h("div", { class: "actions" });
    this.bar = h("section", { class: "act", "aria-label": "What an administrator does" }, this.form, this.answer);
    this.pause = DRAWN_EVERY;
    this.heldUntil = 0;
    window.addEventListener("pointerdown", () => { this.heldUntil = performance.now() + HELD; });
    for (const name of ["pointerup", "pointercancel"]) window.addEventListener(name, () => { this.heldUntil = 0; });
    this.source = new EventSource(`events?token=${encodeURIComponent(this.token)}`);
    this.source.addEventListener("begin", (event) => this.#begin(JSON.parse(event.data)));
    this.source.addEventListener("news", (event) => this.#news(JSON.parse(event.data)));
    // A refusal closes the source for good; where nobody answers it tries again.
    this.source.onerror = () => {
      put(this.state, h("b", { class: "refused" }, this.source.readyState === EventSource.CLOSED ? UNKNOWN : SILENT));
      if (this.viewer.run) {
        this.viewer.run.isSilent = true;
        this.viewer.happened();
      }
    };
    this.source.onopen = () => this.viewer.run && Object.assign(this.viewer.run, { isSilent: false });
  }

  #begin(run) {
    this.about = run;
    this.viewer.begin(run);
    put(this.form, this.#actions());
    this.#time(run.ended);
  }

  #news(news) {
    const { run } = this.viewer;
    run.take(news);
    Object.assign(run.codes, news.codes);
    run.ended = news.at;
    this.about.running = news.running;
    this.#time(news.at);
    this.timer ??= setTimeout(() => this.#draw(), this.pause);
  }

  #draw() {
    const began = performance.now();
    if (began < this.heldUntil) { // what is pressed must still be there when it is let go
      this.timer = setTimeout(() => this.#draw(), DRAWN_EVERY);
      return;
    }
    this.timer = undefined;
    this.viewer.happened();
    this.pause = Math.max(SHARE * (performance.now() - began), DRAWN_EVERY);
  }

  #time(at) {
    const down = Object.entries(this.about.running ?? {}).filter(([, isUp]) => !isUp).map(([name]) => name);
    put(this.state, `up, fleet time ${clock(at, true).slice(0, 19)}`, down.length ? h("b", { class: "refused" }, `, ${down.join(", ")} ${down.length > 1 ? "are" : "is"} down`) : "");
  }

  // -- what an administrator does -----------------------------------------------------------------------

  #actions() {
    const names = this.viewer.run.instances;
    const { offers } = this.about;
    const pick = (label, values) => ({ label, element: h("select", { "aria-label": label }, values.map((value) => h("option", { value }, value))) });
    const instance = (label) => pick(label, names);
    const application = () => pick("application", Object.keys(offers));
    const capability = () => pick("capability", [...new Set(Object.values(offers).flat())]);
    const text = (label, value) => ({ label, element: h("input", { "aria-label": label, value, size: 6 }) });
    const choice = (label, values) => pick(label, values);
    const all = [
      ["Name a manager", [instance("instance"), instance("manager"), application()], ([on, manager, app]) => ({ name_manager: { on, manager, application: app } })],
      ["Approve", [instance("instance"), instance("manager"), application()], ([on, manager, app]) => ({ approve_manager: { on, manager, application: app } })],
      ["Save an item", [instance("on"), instance("trusting"), instance("trusted"), application(), capability()],
        ([on, trusting, trusted, app, cap]) => ({ save_profile_item: { on, trusting, trusted, application: app, capability: cap } })],
      ["Sync Trust Profiles", [instance("on"), application()], ([on, app]) => ({ sync_trust_profiles: { on, application: app } })],
      ["Grant access", [instance("on"), instance("to"), application(), choice("grant", ["true", "false"])],
        ([on, to, app, grant]) => ({ set_grant_access: { on, instance: to, application: app, grant: grant === "true" } })],
      ["Advance the clock", [text("by", "10m")], ([by]) => ({ advance: by })],
      ["Break a link", [instance("from"), instance("to"), text("for", "1m")], ([from, to, lasts]) => ({ fault: { partition: [from, to], for: lasts } })],
      ["Kill", [instance("instance")], ([on]) => ({ kill: on })],
      ["Start", [instance("instance")], ([on]) => ({ start: on })],
    ];
    const fields = h("div", { id: "fields" });
    const choose = (chosen) => {
      const [title, parts, stepOf] = all[chosen];
      buttons.forEach((button, k) => button.setAttribute("aria-expanded", k === chosen));
      put(fields, h("form", {
        "aria-label": title,
        onsubmit: (event) => {
          event.preventDefault();
          this.#do(stepOf(parts.map((part) => part.element.value)));
        },
      }, parts.map((part) => h("label", {}, `${part.label} `, part.element)), h("button", { class: "go" }, `${title} now`)));
    };
    const buttons = all.map(([title], k) => h("button", { type: "button", "aria-expanded": "false", "aria-controls": "fields", onclick: () => choose(k) }, title));
    return [buttons, fields];
  }

  async #do(step) {
    put(this.answer, "…");
    const told = await this.#ask("steps", { method: "POST", body: JSON.stringify([step]) });
    if (told.error || told.problems) {
      put(this.answer, h("p", { class: "reason refused" }, told.error ?? told.problems.map((it) => it.message).join("; ")));
      return;
    }
    put(this.answer, told.map((it) => [h("p", {}, badge(it.outcome.startsWith("refused") ? "refused" : it.verdict), ` ${it.text}: ${it.outcome || "done"}`),
      [...new Set([...it.reasons, ...it.failures.map((failure) => failure.explanation || failure.seen)])].map((reason) => h("p", { class: "reason refused" }, reason))]));
  }

  /** What the fleet answers; {error} where it does not. */
  async #ask(what, options = {}) {
    try {
      const reply = await fetch(what, { ...options, headers: { Authorization: `Bearer ${this.token}` } });
      return await reply.json();
    } catch {
      return { error: SILENT };
    }
  }

  // -- tables, asked for when they are looked at --------------------------------------------------------

  tables(views) {
    return this.#fetched(() => new Tables(this.viewer.run, views).element);
  }

  cmdb() {
    return this.#fetched(() => new Cmdb(this.viewer.run).element);
  }

  #fetched(shown) {
    const place = h("div", {}, "…");
    this.#ask("tables").then((told) => {
      if (told.error) {
        put(place, h("p", { class: "reason refused" }, told.error), this.viewer.run.answers ? [h("p", {}, "These are the rows as they were last asked for."), shown()] : null);
        return;
      }
      Object.assign(this.viewer.run, told);
      const links = this.viewer.run.instances.map((name) => [name, this.about.addresses[name]]).filter(([, url]) => url);
      put(place, links.length ? h("p", {}, "REST API, which asks for a user and a password as `trustsim up` has printed them: ", links.map(([name, url], k) => [k ? " · " : "", h("a", { href: `${url}/api/now/table/sys_properties`, rel: "noreferrer" }, name)])) : null, shown());
    });
    return place;
  }
}
