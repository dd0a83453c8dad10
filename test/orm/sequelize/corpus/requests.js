"use strict";

// Requests that a pooled connection serves one after the other: each is fine, and so are all together.

const { Op, QueryTypes } = require("sequelize");
const { prepare, tag } = require("./database");
const { Trace, pause, range } = require("./traffic");

const lookUp = ({ Session }, number, options = {}) => Session.findByPk(`session-${number}`, options);

const newest = ({ Document }, tenantId, limit) =>
  Document.findAll({ where: { tenantId }, order: [["createdAt", "DESC"]], limit });

async function lookUpWithPauses(db) {
  for (const number of range(1, 101)) {
    await lookUp(db, number);
    await pause();
  }
}

module.exports = {
  async session_look_up_paused(db) {
    await lookUpWithPauses(db);
  },

  async session_look_up_traced(db) {
    for (const number of range(1, 101)) {
      tag(new Trace(), db);
      await lookUp(db, number);
    }
  },

  async session_look_up_stale_trace(db) {
    prepare(db, new Trace());
    for (const number of range(1, 101)) {
      await db.sequelize.query('SELECT "user_id", "data" FROM "sessions" WHERE "session_key" = $1', {
        bind: [`session-${number}`],
        type: QueryTypes.SELECT,
      });
      await pause();
    }
  },

  async pooled_requests(db) {
    for (const number of range(1, 61)) {
      await db.sequelize.transaction(async (transaction) => {
        const session = await lookUp(db, number, { transaction });
        const { tenantId } = await db.User.findByPk(session.userId, { transaction });
        await db.Gap.findAll({ where: { tenantId }, order: [["askedCount", "DESC"]], limit: 10, transaction });
      });
      await pause();
    }
  },

  async pooled_requests_autocommit(db) {
    for (const number of range(1, 61)) {
      const session = await lookUp(db, number);
      await newest(db, (session.userId % 20) + 1, 10);
      await pause();
    }
  },

  async list_then_requests(db) {
    await newest(db, 1, 20);
    await lookUpWithPauses(db);
  },

  async three_look_ups_a_trace(db) {
    for (const number of range(0, 20)) {
      tag(new Trace(), db);
      for (const key of range(1, 4)) {
        await db.Author.findByPk(number * 3 + key);
      }
    }
  },

  async setting_read_a_request(db) {
    for (let i = 0; i < 30; i++) {
      tag(new Trace(), db);
      await db.Setting.findOne({ where: { tenantId: 3, key: "setting.4" } });
    }
  },

  async polling_steady(db) {
    for (let i = 0; i < 15; i++) {
      await db.Publisher.findAll({ where: { id: { [Op.lte]: 10 } } });
      await pause();
      await pause();
    }
  },

  async health_checks({ sequelize }) {
    for (let i = 0; i < 50; i++) {
      await sequelize.query("SELECT 1");
    }
  },

  async volatile_calls({ sequelize }) {
    for (let i = 0; i < 10; i++) {
      await sequelize.query("SELECT now()");
      await sequelize.query("SELECT nextval('documents_id_seq')");
    }
  },
};
