"use strict";

// Loops of writes: what write_loop and commit_per_row are about, and what only looks like it.

const { tag } = require("./database");
const { Trace, bursts, pause, quiet, range } = require("./traffic");

const inTransaction = (db, work) => db.sequelize.transaction((transaction) => work({ transaction }));

// The same in a transaction that is rolled back.
async function undone(db, work) {
  const transaction = await db.sequelize.transaction();
  try {
    await work({ transaction });
  } finally {
    await transaction.rollback();
  }
}

const gaps = ({ Gap }, tenantId, limit, options = {}) => Gap.findAll({ where: { tenantId }, order: ["id"], limit, ...options });

const forget = (model, rows) => model.destroy({ where: { id: rows.map((row) => row.id) } });

const askedLess = ({ Gap }, keys) => Gap.decrement("askedCount", { where: { id: keys } });

module.exports = {
  async write_loops(db) {
    await inTransaction(db, async (options) => {
      const gaps = [];
      for (const number of range(0, 12)) {
        gaps.push(await db.Gap.create({ tenantId: 2, question: `New ${number}` }, options));
      }
      for (const gap of gaps) {
        await gap.update({ status: "answered" }, options);
      }
      for (const gap of gaps) {
        await gap.destroy(options);
      }
    });
  },

  async look_up_mostly_known(db) {
    await undone(db, async (options) => {
      const known = await gaps(db, 4, 20, options);
      for (const key of [...known.map((gap) => gap.id), -1, -2]) {
        if (!(await db.Gap.findByPk(key, options))) {
          await db.Gap.create({ tenantId: 4, question: "Not known" }, options);
        }
      }
    });
  },

  async upsert_per_row(db) {
    await undone(db, async (options) => {
      for (const { id, tenantId, question, createdAt } of await gaps(db, 4, 12, options)) {
        await db.Gap.upsert({ id, tenantId, question, createdAt, status: "answered" }, options);
      }
    });
  },

  async three_writes_a_row(db) {
    await undone(db, async (options) => {
      for (const number of range(1, 13)) {
        await db.Gap.create({ tenantId: 2, documentId: number, question: "New" }, options);
        await db.Comment.create({ documentId: number, userId: number, body: "New", createdAt: new Date() }, options);
        await db.Job.update({ attempts: number }, { where: { id: number }, ...options });
      }
    });
  },

  async save_per_row_autocommit(db) {
    const rows = await gaps(db, 2, 12);
    for (const gap of rows) {
      gap.askedCount += 1;
      await gap.save();
    }
    await askedLess(db, rows.map((gap) => gap.id));
  },

  async create_per_row_autocommit(db) {
    await bursts(90, async () => {
      await db.Job.count();
      await quiet();
      const rows = [];
      for (const number of range(0, 20)) {
        rows.push(await db.Gap.create({ tenantId: 2, question: `New ${number}` }));
      }
      await quiet();
      await forget(db.Gap, rows);
    });
  },

  async create_per_row_traced(db) {
    const pool = db.pool();
    tag(new Trace(), pool);
    const rows = [];
    for (const number of range(0, 12)) {
      rows.push(await pool.Gap.create({ tenantId: 2, question: `New ${number}` }));
    }
    await forget(db.Gap, rows);
  },

  async transaction_per_row(db) {
    const keys = (await gaps(db, 6, 12)).map((gap) => gap.id);
    for (const key of keys) {
      await inTransaction(db, async (options) => {
        const gap = await db.Gap.findByPk(key, { lock: true, ...options });
        await gap.update({ askedCount: gap.askedCount + 1 }, options);
      });
    }
    await askedLess(db, keys);
  },

  async nine_writes(db) {
    await undone(db, async (options) => {
      for (const number of range(0, 9)) {
        await db.Gap.create({ tenantId: 2, question: `New ${number}` }, options);
      }
    });
  },

  async bulk_update(db) {
    await undone(db, async (options) => {
      const rows = await gaps(db, 2, 50, options);
      const changed = rows.map((gap) => ({ ...gap.get(), askedCount: gap.askedCount + 1 }));
      await db.Gap.bulkCreate(changed, { updateOnDuplicate: ["askedCount"], ...options });
    });
  },

  async batch_in_one_string(db) {
    const inserts = range(0, 20).map((number) => `INSERT INTO tags (label) VALUES ('new-${number}')`);
    await undone(db, (options) => db.sequelize.query(inserts.join("; "), options));
  },

  async retry_of_writes(db) {
    for (const attempt of range(0, 3)) {
      try {
        await inTransaction(db, async (options) => {
          for (const id of range(1, 5)) {
            await db.Job.update({ attempts: 0 }, { where: { id }, ...options });
          }
          if (attempt < 2) {
            await db.sequelize.query("SELECT 1 / 0", options);
          }
        });
      } catch (error) {
        if (!error.original || error.original.code !== "22012") {
          throw error;
        }
      }
    }
  },

  async entry_a_request(db) {
    const rows = [];
    for (const number of range(1, 41)) {
      const { userId } = await db.Session.findByPk(`session-${number}`);
      rows.push(await db.Comment.create({ documentId: number, userId, body: "New", createdAt: new Date() }));
      await pause();
    }
    await forget(db.Comment, rows);
  },

  async entry_a_traced_request(db) {
    const pool = db.pool();
    const rows = [];
    for (const number of range(1, 31)) {
      tag(new Trace(), pool);
      const row = { documentId: number, userId: number, body: "New", createdAt: new Date() };
      rows.push(await pool.Comment.create(row));
    }
    await forget(db.Comment, rows);
  },

  async counter_a_request({ sequelize }) {
    for (let i = 0; i < 30; i++) {
      await sequelize.query(
        "INSERT INTO settings (tenant_id, key, value) VALUES (3, 'views', '1') " +
          "ON CONFLICT (tenant_id, key) DO UPDATE SET value = settings.value::integer + 1",
      );
    }
    await sequelize.query("DELETE FROM settings WHERE key = 'views'");
  },

  async heartbeats({ Job }) {
    for (const number of range(0, 30)) {
      await Job.update({ attempts: number }, { where: { id: 2 } });
    }
    await Job.update({ attempts: 0 }, { where: { id: 2 } });
  },
};
