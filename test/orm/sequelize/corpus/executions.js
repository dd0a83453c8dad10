"use strict";

// What one execution does: patterns, conversions, sorts, pages, results and writes of many rows, and their like of few.

const { Op, cast, col, where } = require("sequelize");

// Does the work in a transaction and takes it back.
async function rolledBack(sequelize, work) {
  const transaction = await sequelize.transaction();
  try {
    await work(transaction);
  } finally {
    await transaction.rollback();
  }
}

module.exports = {
  async search_anywhere({ Document }) {
    await Document.findAll({ where: { title: { [Op.substring]: "ment 404" } } });
  },

  async search_anywhere_of_few({ Tag }) {
    await Tag.findAll({ where: { label: { [Op.substring]: "77" } } });
  },

  async search_beginning({ Document }) {
    await Document.findAll({ where: { title: { [Op.startsWith]: "Document 404" } } });
  },

  async key_as_text({ Comment }) {
    await Comment.findAll({ where: where(cast(col("document_id"), "text"), "77") });
  },

  async key_as_number({ Comment }) {
    await Comment.findAll({ where: { documentId: "77" } });
  },

  async newest_of_all({ Document }) {
    await Document.findAll({ order: [["createdAt", "DESC"]], limit: 10 });
  },

  async newest_of_tenant({ Document }) {
    await Document.findAll({ where: { tenantId: 3 }, order: [["createdAt", "DESC"]], limit: 10 });
  },

  async deep_page({ Document }) {
    await Document.findAll({ order: ["id"], limit: 20, offset: 150000 });
  },

  async early_page({ Document }) {
    await Document.findAll({ order: ["id"], limit: 20, offset: 40 });
  },

  async every_row({ Gap }) {
    await Gap.findAll({ raw: true });
  },

  async every_row_of_few({ Tag }) {
    await Tag.findAll({ raw: true });
  },

  async write_to_all({ Gap, sequelize }) {
    await rolledBack(sequelize, (transaction) => Gap.update({ status: "open" }, { where: {}, transaction }));
  },

  async write_to_some({ Gap, sequelize }) {
    await rolledBack(sequelize, (transaction) =>
      Gap.update({ status: "open" }, { where: { tenantId: 3 }, transaction })
    );
  },

  async sort_on_disk({ sequelize, Document }) {
    await sequelize.transaction(async (transaction) => {
      // Later versions share the sort out among workers, each of which may have room for its part.
      await sequelize.query("SET LOCAL max_parallel_workers_per_gather = 0", { transaction });
      await Document.count({ distinct: true, col: "content", transaction });
    });
  },
};
