"use strict";

// Good habits, batches and maintenance: nothing of this is a finding.

const { DataTypes, Op, Transaction } = require("sequelize");
const { range } = require("./traffic");

const page = ({ Document }, options) => Document.findAll({ order: [["createdAt", "DESC"]], limit: 20, ...options });

const inTransaction = (db, work) => db.sequelize.transaction((transaction) => work({ transaction }));

async function transfer(db, other, rival) {
  const isolationLevel = Transaction.ISOLATION_LEVELS.REPEATABLE_READ;
  await db.sequelize.transaction({ isolationLevel }, async (transaction) => {
    for (const key of range(1, 5)) {
      await db.Author.findByPk(key, { transaction });
    }
    if (rival) {
      await other.Job.increment("attempts", { where: { id: 1 } });
    }
    await db.Job.increment("attempts", { where: { id: 1 }, transaction });
  });
}

module.exports = {
  async batched_children(db) {
    const include = ["comments", "chunks"].map((association) => ({ association, separate: true }));
    const documents = await page(db, { where: { tenantId: 1 }, include });
    await db.DocumentTag.findAll({ where: { documentId: documents.map((document) => document.id) } });
  },

  async batched_children_in_slices(db) {
    await inTransaction(db, async (options) => {
      for (let start = 1; start < 401; start += 50) {
        await db.Comment.findAll({ where: { documentId: range(start, start + 50) }, ...options });
      }
    });
  },

  async eager_join(db) {
    for (const tenantId of range(1, 6)) {
      await inTransaction(db, (options) => page(db, { where: { tenantId }, include: ["author"], ...options }));
    }
  },

  async four_repeats(db) {
    for (const document of await page(db, { where: { tenantId: 1 }, limit: 4 })) {
      await document.getAuthor();
    }
  },

  async four_identical_reads(db) {
    await inTransaction(db, async (options) => {
      for (let i = 0; i < 4; i++) {
        await db.Author.findByPk(9, options);
      }
    });
  },

  async two_associations(db) {
    await inTransaction(db, async (options) => {
      for (const author of await db.Author.findAll({ where: { id: { [Op.lte]: 4 } }, ...options })) {
        await author.getDocuments({ limit: 5, ...options });
        await author.getReviews({ limit: 5, ...options });
      }
    });
  },

  async two_schemas(db) {
    const archived = db.Author.schema("archive");
    await inTransaction(db, async (options) => {
      for (const key of range(1, 5)) {
        await db.Author.findByPk(key, options);
      }
      for (const key of range(5, 9)) {
        await archived.findByPk(key, options);
      }
    });
  },

  async keyset_batches(db) {
    await inTransaction(db, async (options) => {
      let last = 0;
      for (let i = 0; i < 12; i++) {
        const where = { id: { [Op.gt]: last } };
        const batch = await db.Document.findAll({ where, order: ["id"], limit: 100, ...options });
        last = batch[batch.length - 1].id;
      }
    });
  },

  async range_batches(db) {
    const day = 24 * 60 * 60 * 1000;
    await inTransaction(db, async (options) => {
      for (let start = 0; start < 1200; start += 100) {
        await db.Document.findAll({ where: { id: { [Op.gt]: start, [Op.lte]: start + 100 } }, ...options });
      }
      for (let start = 1; start < 1201; start += 100) {
        await db.Comment.findAll({ where: { id: { [Op.between]: [start, start + 99] } }, ...options });
      }
      for (let i = 0; i < 12; i++) {
        const since = Date.UTC(2024, 0, 1) + i * day;
        const createdAt = { [Op.gte]: new Date(since), [Op.lt]: new Date(since + day) };
        await db.Document.findAll({ where: { tenantId: 1, createdAt }, ...options });
      }
    });
  },

  async offset_batches(db) {
    await inTransaction(db, async (options) => {
      for (let offset = 0; offset < 1200; offset += 100) {
        await db.Comment.findAll({ order: ["id"], limit: 100, offset, ...options });
      }
    });
  },

  async skip_locked_polling(db) {
    for (let i = 0; i < 20; i++) {
      await inTransaction(db, async (options) => {
        const waiting = { where: { status: "pending" }, order: ["id"], lock: true, skipLocked: true };
        const job = await db.Job.findOne({ ...waiting, ...options });
        await job.update({ status: "done" }, options);
      });
    }
    await db.Job.update({ status: "pending" }, { where: { status: "done" } });
  },

  async retry(db) {
    const other = db.pool();
    for (const rival of [true, true, false]) {
      try {
        await transfer(db, other, rival);
      } catch (error) {
        if (!error.original || error.original.code !== "40001") {
          throw error;
        }
      }
    }
    await db.Job.update({ attempts: 0 }, { where: { id: 1 } });
  },

  async bulk_insert(db) {
    const transaction = await db.sequelize.transaction();
    const rows = range(1, 201).map((n) => ({ documentId: n, userId: n, body: "New", createdAt: new Date() }));
    await db.Comment.bulkCreate(rows, { transaction });
    await transaction.rollback();
  },

  async introspection({ sequelize }) {
    const schema = sequelize.getQueryInterface();
    for (const tableName of await schema.showAllTables()) {
      await schema.describeTable(tableName);
      await schema.showIndex(tableName);
      await schema.getForeignKeyReferencesForTable(tableName);
    }
  },

  async schema_changes({ sequelize }) {
    await sequelize.createSchema("scratch");
    const Note = sequelize.define("Note", { body: DataTypes.TEXT }, { schema: "scratch" });
    const Reply = sequelize.define("Reply", { body: DataTypes.TEXT }, { schema: "scratch" });
    Note.hasMany(Reply);
    for (const model of [Note, Reply]) {
      await model.sync();
    }
    await Note.sync({ alter: true });
    await sequelize.dropSchema("scratch");
  },
};
