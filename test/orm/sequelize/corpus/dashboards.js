"use strict";

// Many numbers of one table: what count_storm is about.

const { Op, fn, col } = require("sequelize");
const { tag } = require("./database");
const { Trace, bursts, pause, quiet, range } = require("./traffic");

const statuses = ["published", "draft", "archived", "review", "rejected"];

const inTransaction = (db, work) => db.sequelize.transaction((transaction) => work({ transaction }));

async function numbers({ Document }, tenantId = 1, options = {}) {
  await Document.count({ where: { tenantId }, ...options });
  await Document.count({ where: { tenantId, status: "draft" }, ...options });
  await Document.count({ where: { tenantId, authorId: { [Op.lt]: 500 } }, col: "id", distinct: true, ...options });
  await Document.max("createdAt", { where: { tenantId, status: "archived" }, ...options });
  await Document.sum("id", { where: { tenantId, authorId: 7 }, ...options });
}

const countGaps = ({ Gap }, number) =>
  Gap.count({ where: { tenantId: (number % 20) + 1, askedCount: { [Op.gt]: number } } });

const grouped = (db, group, where, options) =>
  db.Document.findAll({ attributes: [group, [fn("count", col("id")), "n"]], where, group, limit: 10, ...options });

module.exports = {
  async dashboard_of_numbers(db) {
    await inTransaction(db, (options) => numbers(db, 1, options));
  },

  async dashboard_of_statuses(db) {
    await inTransaction(db, async (options) => {
      await db.Document.findAll({ where: { tenantId: 1 }, order: [["createdAt", "DESC"]], limit: 20, ...options });
      for (const status of statuses) {
        await db.Document.count({ where: { tenantId: 1, status }, ...options });
      }
    });
  },

  async dashboard_of_numbers_autocommit(db) {
    await bursts(30, async () => {
      await db.Author.findByPk(1);
      await quiet();
      await numbers(db);
      await quiet();
      await db.Author.findByPk(2);
    });
  },

  async dashboard_in_every_request(db) {
    for (const number of range(1, 11)) {
      await db.Session.findByPk(`session-${number}`);
      await numbers(db, number);
      await pause();
    }
  },

  async dashboard_over_connections(db) {
    const pool = db.pool(statuses.length);
    tag(new Trace(), pool);
    await Promise.all(
      statuses.map((status) =>
        pool.Document.count({ where: { tenantId: 1, status, authorId: { [Op.gt]: status.length } } }),
      ),
    );
  },

  async count_a_request(db) {
    for (const number of range(1, 61)) {
      await countGaps(db, number);
      await pause();
    }
  },

  async count_a_request_traced(db) {
    for (const number of range(1, 61)) {
      tag(new Trace(), db);
      await countGaps(db, number);
    }
  },

  async numbers_of_different_tables(db) {
    await inTransaction(db, async (options) => {
      for (const model of [db.Author, db.Publisher, db.Tenant, db.Comment, db.Gap]) {
        await model.count(options);
      }
    });
  },

  async grouped_numbers(db) {
    await inTransaction(db, async (options) => {
      await grouped(db, "status", { tenantId: 1 }, options);
      await grouped(db, "authorId", { tenantId: 1, status: "draft" }, options);
      await grouped(db, "status", { tenantId: 1, status: "archived" }, options);
      await grouped(db, "reviewerId", { tenantId: 1, authorId: 7 }, options);
      await db.Document.count({ where: { tenantId: 2 }, group: ["status"], ...options });
    });
  },
};
