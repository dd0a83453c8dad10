"use strict";

// The same statement with the same values again and again: what duplicate_query is about.

const { QueryTypes } = require("sequelize");
const { prepare, tag } = require("./database");
const { Numbered, Trace, bursts, quiet, range } = require("./traffic");

const readSetting = ({ Setting }, options = {}) =>
  Setting.findOne({ where: { tenantId: 3, key: "setting.4" }, ...options });

async function readTenTimes(db, options = {}) {
  for (let i = 0; i < 10; i++) {
    await readSetting(db, options);
  }
}

const readInTransaction = (db) => db.sequelize.transaction((transaction) => readTenTimes(db, { transaction }));

module.exports = {
  async identical_reads(db) {
    await readInTransaction(db);
  },

  async identical_reads_autocommit(db) {
    await bursts(40, async () => {
      await db.Publisher.findByPk(1);
      await quiet();
      await readTenTimes(db);
      await quiet();
      await db.Publisher.count();
    });
  },

  async identical_reads_prepared(db) {
    prepare(db);
    await db.sequelize.transaction(async (transaction) => {
      for (let i = 0; i < 10; i++) {
        await db.sequelize.query('SELECT "value" FROM "settings" WHERE "tenant_id" = $1 AND "key" = $2', {
          bind: [3, "setting.4"],
          type: QueryTypes.SELECT,
          transaction,
        });
      }
    });
  },

  async identical_reads_with_comments(db) {
    tag(new Numbered(), db);
    await readInTransaction(db);
  },

  async identical_reads_over_connections(db) {
    const pools = [db, db.pool(), db.pool(), db.pool()];
    tag(new Trace(), ...pools);
    for (const pool of [...pools, ...pools, ...pools]) {
      await readSetting(pool);
    }
  },

  async identical_reads_in_every_request(db) {
    for (const tenantId of range(1, 11)) {
      await db.sequelize.transaction(async (transaction) => {
        const newest = { order: [["createdAt", "DESC"]], limit: 12 };
        for (const document of await db.Document.findAll({ where: { tenantId }, ...newest, transaction })) {
          await db.Setting.findOne({ where: { tenantId: document.tenantId, key: "setting.4" }, transaction });
        }
      });
    }
  },

  async few_authors(db) {
    await db.sequelize.transaction(async (transaction) => {
      const where = { authorId: [1, 2] };
      for (const document of await db.Document.findAll({ where, order: ["id"], limit: 30, transaction })) {
        await document.getAuthor({ transaction });
      }
    });
  },
};
