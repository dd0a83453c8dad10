"use strict";

// Loops of look-ups: what n_plus_one is about.

const { Op, QueryTypes } = require("sequelize");
const { prepare, tag } = require("./database");
const { Numbered, Trace, TraceOfSpans, bursts, pause, quiet, range, sleep } = require("./traffic");

const page = ({ Document }, { limit = 20, tenantId = 1, ...options } = {}) =>
  Document.findAll({ where: { tenantId }, order: [["createdAt", "DESC"]], limit, ...options });

async function authorsOf(documents, options = {}) {
  for (const document of documents) {
    await document.getAuthor(options);
  }
}

const inTransaction = (db, work) => db.sequelize.transaction((transaction) => work({ transaction }));

const authorByKey = ({ sequelize, Author }, key) =>
  sequelize.query('SELECT "id", "publisher_id", "name" FROM "authors" WHERE "id" = $1', {
    bind: [key],
    type: QueryTypes.SELECT,
    model: Author,
    mapToModel: true,
  });

async function boundAuthors(db) {
  for (const document of await page(db)) {
    await authorByKey(db, document.authorId);
  }
}

module.exports = {
  async lazy_children(db) {
    await inTransaction(db, async (options) => authorsOf(await page(db, options), options));
  },

  async lazy_children_autocommit(db) {
    await authorsOf(await page(db));
  },

  async lazy_children_bound(db) {
    await boundAuthors(db);
  },

  async lazy_children_prepared(db) {
    prepare(db);
    await boundAuthors(db);
  },

  async has_many_children(db) {
    for (const author of await db.Author.findAll({ where: { publisherId: 3 }, limit: 10 })) {
      await author.getDocuments();
    }
  },

  async many_to_many_children(db) {
    for (const document of await db.Document.findAll({ where: { id: range(1, 13) } })) {
      await document.getTags();
    }
  },

  async count_per_row(db) {
    await inTransaction(db, async (options) => {
      for (const document of await page(db, options)) {
        await document.countComments(options);
      }
    });
  },

  async exists_per_row(db) {
    await inTransaction(db, async (options) => {
      for (const document of await page(db, options)) {
        await db.Comment.findOne({ where: { documentId: document.id, userId: 7 }, attributes: ["id"], ...options });
      }
    });
  },

  async latest_per_key(db) {
    const createdAt = { [Op.lt]: new Date(Date.UTC(2030, 0, 1)) };
    await inTransaction(db, async (options) => {
      for (const document of await page(db, options)) {
        const where = { documentId: document.id, createdAt };
        await db.Comment.findOne({ where, order: [["createdAt", "DESC"]], ...options });
      }
    });
  },

  async alternating_children(db) {
    await inTransaction(db, async (options) => {
      for (const book of await db.Book.findAll({ where: { id: range(1, 13) }, ...options })) {
        await book.getAuthor(options);
        await book.getPublisher(options);
      }
    });
  },

  async three_statements_a_row(db) {
    for (const document of await page(db, { limit: 12 })) {
      await document.getAuthor();
      await document.getComments();
      await document.countChunks();
    }
  },

  async two_hops(db) {
    await inTransaction(db, async (options) => {
      for (const document of await page(db, options)) {
        const author = await document.getAuthor(options);
        await author.getPublisher(options);
      }
    });
  },

  async nested_children(db) {
    await inTransaction(db, async (options) => {
      for (const publisher of await db.Publisher.findAll({ where: { id: range(1, 7) }, ...options })) {
        for (const author of await publisher.getAuthors({ limit: 6, ...options })) {
          await author.getBooks(options);
        }
      }
    });
  },

  async children_with_chatter(db) {
    await inTransaction(db, async (options) => {
      for (const document of await page(db, { limit: 10, ...options })) {
        await db.sequelize.transaction(options, (transaction) => document.getAuthor({ transaction }));
        await db.sequelize.query("SET LOCAL statement_timeout = '30s'", options);
        await db.sequelize.query("SELECT 1", options);
      }
    });
  },

  async children_with_rollbacks(db) {
    for (const document of await page(db)) {
      const transaction = await db.sequelize.transaction();
      await document.getAuthor({ transaction });
      await transaction.rollback();
    }
  },

  async children_with_discards(db) {
    for (const document of await page(db)) {
      await document.getAuthor();
      await db.sequelize.query("DISCARD ALL");
    }
  },

  async children_over_connections(db) {
    const pools = [db, db.pool(), db.pool(), db.pool()];
    tag(new Trace(), ...pools);
    for (const [number, document] of (await page(db, { limit: 16 })).entries()) {
      await pools[number % 4].Author.findByPk(document.authorId);
    }
  },

  async children_concurrent(db) {
    const pool = db.pool(10);
    tag(new Trace(), pool);
    const documents = await page(pool);
    await Promise.all(documents.map((document) => document.getAuthor()));
  },

  async children_over_transactions(db) {
    tag(new Trace(), db);
    for (const start of [100, 104, 108]) {
      await inTransaction(db, async (options) => {
        for (const key of range(start, start + 4)) {
          await db.Author.findByPk(key, options);
        }
      });
    }
  },

  async children_without_rows(db) {
    await inTransaction(db, async (options) => {
      for (const document of await page(db, { tenantId: 5, ...options })) {
        await document.getComments(options);
      }
    });
  },

  async children_slow(db) {
    await inTransaction(db, async (options) => {
      for (const document of await page(db, { limit: 8, ...options })) {
        await document.getAuthor(options);
        await sleep(30);
      }
    });
  },

  async children_with_comments(db) {
    tag(new Numbered(), db);
    await authorsOf(await page(db));
  },

  async children_with_spans(db) {
    tag(new TraceOfSpans(), db);
    await authorsOf(await page(db));
  },

  async ids_from_cache(db) {
    await inTransaction(db, async (options) => {
      for (const key of range(40, 60)) {
        await db.Author.findByPk(key, options);
      }
    });
  },

  async burst_without_parent(db) {
    await bursts(90, async () => {
      await db.Author.count();
      await quiet();
      for (const key of range(40, 60)) {
        await db.Author.findByPk(key);
      }
      await quiet();
      await db.Publisher.count();
    });
  },

  async loop_in_every_request(db) {
    for (const number of range(1, 21)) {
      await db.Session.findByPk(`session-${number}`);
      await authorsOf(await page(db, { limit: 10, tenantId: number }));
      await pause();
    }
  },

  async prefetch_per_row(db) {
    await inTransaction(db, async (options) => {
      for (const document of await page(db, options)) {
        await db.Comment.findAll({ where: { documentId: [document.id] }, ...options });
      }
    });
  },

  async look_up_or_insert(db) {
    const transaction = await db.sequelize.transaction();
    for (const number of range(0, 12)) {
      const wanted = { tenantId: 4, documentId: 100 + number };
      const known = await db.Gap.findOne({ where: wanted, transaction });
      if (!known) {
        await db.Gap.create({ ...wanted, question: `Imported ${number}` }, { transaction });
      }
    }
    await transaction.rollback();
  },

  async reload_per_row(db) {
    const transaction = await db.sequelize.transaction();
    for (const gap of await db.Gap.findAll({ where: { tenantId: 4 }, order: ["id"], limit: 12, transaction })) {
      await gap.reload({ transaction });
      await gap.update({ askedCount: gap.askedCount + 1 }, { transaction });
    }
    await transaction.rollback();
  },
};
