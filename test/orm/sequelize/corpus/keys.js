"use strict";

// Keys, then rows by these keys: what fetch_ids_then_rows is about.

const { QueryTypes } = require("sequelize");
const { range } = require("./traffic");

const inTransaction = (db, work) => db.sequelize.transaction((transaction) => work({ transaction }));

async function ids({ Document }, options = {}, where = { tenantId: 1, status: "draft" }) {
  const order = [["createdAt", "DESC"]];
  const documents = await Document.findAll({ attributes: ["id"], where, order, limit: 30, ...options });
  return documents.map((document) => document.id);
}

module.exports = {
  async ids_then_rows(db) {
    await inTransaction(db, async (options) => {
      await db.Document.findAll({ where: { id: await ids(db, options) }, ...options });
    });
  },

  async ids_then_rows_autocommit(db) {
    await db.Document.findAll({ where: { id: await ids(db) } });
  },

  async ids_then_rows_by_array(db) {
    await inTransaction(db, async (options) => {
      const bind = [await ids(db, options)];
      const type = QueryTypes.SELECT;
      await db.sequelize.query('SELECT * FROM "documents" WHERE "id" = ANY($1)', { bind, type, ...options });
    });
  },

  async ids_then_rows_joined(db) {
    await inTransaction(db, async (options) => {
      const where = { authorId: 7 };
      const documents = await db.Document.findAll({ attributes: ["id"], where, ...options });
      const id = documents.map((document) => document.id);
      await db.Document.findAll({ where: { id }, include: ["author", "tenant"], ...options });
    });
  },

  async ids_of_another_table(db) {
    await inTransaction(db, async (options) => {
      const where = { userId: 14 };
      const comments = await db.Comment.findAll({ attributes: ["documentId"], where, ...options });
      await db.Document.findAll({ where: { id: comments.map((comment) => comment.documentId) }, ...options });
    });
  },

  async ids_then_other_list(db) {
    await inTransaction(db, async (options) => {
      await ids(db, options);
      await db.Document.findAll({ where: { id: range(100, 112) }, ...options });
    });
  },

  async ids_then_eager_loads(db) {
    await inTransaction(db, async (options) => {
      const documentId = await ids(db, options);
      await db.Comment.findAll({ where: { documentId }, ...options });
      await db.Chunk.findAll({ where: { documentId }, ...options });
    });
  },
};
