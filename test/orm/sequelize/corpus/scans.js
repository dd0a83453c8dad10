"use strict";

// Filters that no index serves, and scans that are as they should be: what seq_scan is about.

const { Op, fn, col } = require("sequelize");

module.exports = {
  async unindexed_filter({ Document }) {
    await Document.findAll({ where: { externalId: "ext-404" } });
  },

  async unindexed_json_key({ Document }) {
    await Document.findAll({ where: { metadata: { source: "import-77" } } });
  },

  async unindexed_partitions({ AuditEvent }) {
    await AuditEvent.findAll({ where: { requestId: "req-404" } });
  },

  async unindexed_update({ Document }) {
    await Document.update({ status: "archived" }, { where: { externalId: "ext-404" } });
  },

  async unindexed_exists({ Document }) {
    await Document.findOne({ where: { externalId: "ext-404" }, attributes: ["id"] });
  },

  async unindexed_join({ Document }) {
    await Document.findAll({ where: { externalId: "ext-404" }, include: ["author", "tenant"] });
  },

  async full_table_report({ Document }) {
    const attributes = ["status", [fn("count", col("id")), "documents"]];
    await Document.findAll({ attributes, group: "status", raw: true });
  },

  async most_rows_kept({ Document }) {
    await Document.aggregate("authorId", "avg", { where: { status: { [Op.ne]: "archived" } }, dataType: "float" });
  },

  async small_table_filter({ Tag }) {
    await Tag.findAll({ where: { label: "tag-77" } });
  },

  async limit_stops_early({ Document }) {
    await Document.findAll({ where: { metadata: { language: "de" } }, limit: 1 });
  },
};
