#!/usr/bin/env node
"use strict";

// Sends the labelled scenarios through Sequelize: run.js [scenario ...], with the server from the PG* variables.

const { readFileSync } = require("fs");
const { join } = require("path");
const { Database } = require("./corpus/database");

const ORM = "sequelize";

const scenarios = {
  ...require("./corpus/loops"),
  ...require("./corpus/duplicates"),
  ...require("./corpus/scans"),
  ...require("./corpus/executions"),
  ...require("./corpus/counts"),
  ...require("./corpus/writes"),
  ...require("./corpus/dashboards"),
  ...require("./corpus/keys"),
  ...require("./corpus/requests"),
  ...require("./corpus/quiet"),
};

function declaredScenarios() {
  const corpus = JSON.parse(readFileSync(join(__dirname, "..", "scenarios.json"), "utf8"));
  return corpus.scenarios.filter((s) => (s.orms || corpus.orms).includes(ORM)).map((s) => s.id);
}

async function runOne(id) {
  const database = new Database(`${ORM}:${id}`);
  try {
    await scenarios[id](database);
  } finally {
    await database.close();
  }
}

async function main(wanted) {
  const known = declaredScenarios();
  const unknown = [
    ...known.filter((id) => !scenarios[id]),
    ...Object.keys(scenarios).filter((id) => !known.includes(id)),
    ...wanted.filter((id) => !known.includes(id)),
  ];
  if (unknown.length) {
    console.error(`${ORM}: ${unknown} not both in scenarios.json and in the corpus`);
    return 2;
  }
  let code = 0;
  for (const id of wanted.length ? wanted : known) {
    try {
      await runOne(id);
    } catch (error) {
      console.error(`${ORM}: ${id} could not be run`, error);
      code = 1;
    }
  }
  return code;
}

main(process.argv.slice(2)).then((code) => process.exit(code));
