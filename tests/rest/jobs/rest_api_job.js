// servicenow-rest-api on a fresh instance with 300 servers, as `node rest_api_job.js HOST:PORT SYS_ID_OF_A_FILE`:
// pages, a record's life, an attachment, errors. It knows neither batches nor OAuth, and it cannot send files.

"use strict";

const assert = require("node:assert");
const ServiceNow = require("servicenow-rest-api");

const [host, file] = process.argv.slice(2);
const client = new ServiceNow(host, "admin", "admin");

// Every function of it answers to a callback, with a result or with an error.
const ask = (name, ...words) => new Promise((done) => client[name](...words, done));

async function readPages() {
  const all = await ask("getTableData", ["name"], ["ORDERBYname"], "cmdb_ci_linux_server");
  assert.equal(all.length, 300);
  const found = [];
  for (let offset = 0; offset < 300; offset += 100) {
    const page = await ask(
      "getTableData", ["name"], [`ORDERBYname&sysparm_limit=100&sysparm_offset=${offset}`], "cmdb_ci_linux_server");
    assert.equal(page.length, 100);
    found.push(...page);
  }
  assert.deepEqual(found, all);
  assert.deepEqual(all[299], { name: "lx300" });
  const some = await ask("getTableData", [], ["nameSTARTSWITHlx00", "ram>3"], "cmdb_ci_linux_server");
  assert.equal(some.length, 6);
  assert.equal(some[0].sys_class_name, "Linux Server"); // it asks for what people read
  assert.equal((await ask("getSampleData", "cmdb_ci_linux_server")).length, 1);
}

async function live() {
  const made = await ask("createNewTask", { short_description: "no mail" }, "incident");
  assert.match(made.number, /^INC\d+$/);
  assert.equal(await ask("getSysId", "incident", made.number), made.sys_id);
  const updated = await ask("UpdateTask", "incident", made.number, { short_description: "mail" });
  assert.deepEqual([updated.sys_id, updated.short_description], [made.sys_id, "mail"]);
  assert.equal((await ask("DeleteTask", "incident", made.number)).status, 204);
  assert.deepEqual(await ask("getTableData", ["number"], [`number=${made.number}`], "incident"), []);
}

async function readFile() {
  const about = await ask("getAttachmentMetaData", file);
  assert.deepEqual([about.file_name, about.size_bytes], ["a.txt", "5"]);
  const all = await ask("getAllAttachmentsMetaData", about.table_sys_id);
  assert.deepEqual(all.map((one) => one.sys_id), [file]);
  assert.equal((await ask("getAttachment", file)).data, "hello");
}

async function fail() {
  const unknown = await ask("getTableData", [], [], "nope");
  assert.equal(unknown.response.status, 400);
  assert.equal(unknown.response.data.error.message, "Invalid table nope");
  assert.equal((await ask("getAttachment", "nope")).response.status, 404);
  client.password = "wrong";
  const stranger = await ask("getSampleData", "incident");
  assert.equal(stranger.response.status, 401);
  assert.equal(stranger.response.data.error.message, "User Not Authenticated");
}

readPages().then(live).then(readFile).then(fail);
