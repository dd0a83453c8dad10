"use strict";

// Counts beside pages and beside all rows: what count_before_paginate and redundant_count are about.

const { Op, QueryTypes } = require("sequelize");
const { prepare, tag } = require("./database");
const { Trace } = require("./traffic");

const newest = (where = { tenantId: 1 }) => ({ where, order: [["createdAt", "DESC"]], limit: 20 });

const drafts = { tenantId: 3, status: "draft" };

const inTransaction = (db, work) => db.sequelize.transaction((transaction) => work({ transaction }));

module.exports = {
  async count_then_page(db) {
    await inTransaction(db, (options) => db.Document.findAndCountAll({ ...newest(), ...options }));
  },

  async count_then_page_autocommit({ Document }) {
    await Document.findAndCountAll({ ...newest(), offset: 40 });
  },

  async count_then_joined_page({ Document }) {
    await Document.findAndCountAll({ ...newest(), include: ["author"] });
  },

  async count_then_collection_page({ Document }) {
    await Document.findAndCountAll({ ...newest(), include: ["comments"], distinct: true });
  },

  async count_then_page_by_join({ Document }) {
    await Document.findAndCountAll({ ...newest(), include: [{ association: "author", where: { active: true } }] });
  },

  async count_then_distinct_page({ Document }) {
    await Document.findAndCountAll({ ...newest(), distinct: true, col: "id" });
  },

  async count_then_page_prepared(db) {
    prepare(db);
    const options = { bind: [1, "published"], type: QueryTypes.SELECT };
    const filter = 'FROM "documents" WHERE "tenant_id" = $1 AND "status" = $2';
    await db.sequelize.query(`SELECT count(*) ${filter}`, options);
    await db.sequelize.query(`SELECT "id", "title" ${filter} ORDER BY "created_at" DESC LIMIT 20`, options);
  },

  async count_of_key(db) {
    await inTransaction(db, async (options) => {
      await db.Document.count({ where: { tenantId: 1 }, col: "id", ...options });
      await db.Document.findAll({ ...newest(), ...options });
    });
  },

  async page_then_count({ Document }) {
    const where = { tenantId: 1, status: "draft" };
    await Document.findAll(newest(where));
    await Document.count({ where });
  },

  async count_and_page_over_connections(db) {
    const pool = db.pool(2);
    tag(new Trace(), pool);
    await pool.Document.findAndCountAll(newest());
  },

  async count_and_page_of_other_filters(db) {
    await inTransaction(db, async (options) => {
      await db.Document.count({ where: { tenantId: 1 }, ...options });
      await db.Document.findAll({ ...newest({ tenantId: 1, status: "published" }), ...options });
    });
  },

  async count_and_page_of_other_values(db) {
    await inTransaction(db, async (options) => {
      await db.Document.count({ where: { tenantId: 1 }, ...options });
      await db.Document.findAll({ ...newest({ tenantId: 2 }), ...options });
    });
  },

  async count_and_page_of_other_requests(db) {
    tag(new Trace(), db);
    await db.Document.count({ where: { tenantId: 1 } });
    tag(new Trace(), db);
    await db.Document.findAll(newest());
  },

  async count_and_page_of_tiny_table({ Tenant }) {
    await Tenant.findAndCountAll({ order: ["name"], limit: 10 });
  },

  async lone_count({ Document }) {
    await Document.count({ where: { tenantId: 1 } });
  },

  async dashboard_counts(db) {
    await inTransaction(db, async (options) => {
      for (const status of ["published", "draft", "archived"]) {
        await db.Document.count({ where: { tenantId: 1, status }, ...options });
      }
    });
  },

  async one_row_more({ Document }) {
    const rows = await Document.findAll({ ...newest(), limit: 21 });
    return [rows.slice(0, 20), rows.length > 20];
  },

  async exists_then_first({ Document }) {
    const where = { tenantId: 1 };
    const known = await Document.findOne({ where, attributes: ["id"] });
    return known && Document.findOne({ where, order: ["createdAt"] });
  },

  async count_then_all(db) {
    await inTransaction(db, async (options) => {
      await db.Document.count({ where: drafts, ...options });
      await db.Document.findAll({ where: drafts, order: ["title"], ...options });
    });
  },

  async all_then_count_autocommit({ Document }) {
    const where = { tenantId: 3, title: { [Op.startsWith]: "Document 2000" } };
    await Document.findAll({ where });
    await Document.count({ where });
  },

  async count_then_all_joined(db) {
    await inTransaction(db, (options) =>
      db.Document.findAndCountAll({ where: drafts, include: ["author"], ...options }),
    );
  },

  async count_then_all_distinct(db) {
    await inTransaction(db, (options) =>
      db.Document.findAndCountAll({ where: drafts, include: ["comments"], distinct: true, ...options }),
    );
  },

  async count_then_all_over_connections(db) {
    const pool = db.pool(2);
    tag(new Trace(), pool);
    await pool.Document.findAndCountAll({ where: drafts });
  },

  async count_and_all_of_tiny_table(db) {
    await inTransaction(db, (options) => db.Tenant.findAndCountAll(options));
  },

  async count_and_all_of_other_filters(db) {
    await inTransaction(db, async (options) => {
      await db.Document.count({ where: drafts, ...options });
      await db.Document.findAll({ where: { tenantId: 3, status: "archived" }, ...options });
      await db.Document.findAll({ where: { tenantId: 4, status: "draft" }, ...options });
    });
  },

  async count_and_all_written_between(db) {
    const transaction = await db.sequelize.transaction();
    await db.Document.findAll({ where: drafts, transaction });
    await db.Document.update({ title: "Changed" }, { where: { id: 1 }, transaction });
    await db.Document.count({ where: drafts, transaction });
    await transaction.rollback();
  },
};
