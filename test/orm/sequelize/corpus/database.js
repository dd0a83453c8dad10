"use strict";

// A scenario's connections with the models on them, and what it does to the wire: comments, prepared statements.

const { Sequelize } = require("sequelize");
const { defineModels } = require("./models");

class Database {
  constructor(applicationName) {
    this.applicationName = applicationName;
    this.pools = [];
    Object.assign(this, this.pool());
  }

  // A new pool of connections and the models on it. With one connection, which is what most scenarios want, statements
  // that the ORM sends at once go one after the other.
  pool(connections = 1) {
    const sequelize = new Sequelize(process.env.PGDATABASE || "postgres", process.env.PGUSER || "postgres", null, {
      dialect: "postgres",
      host: process.env.PGHOST || "localhost",
      port: process.env.PGPORT || 5432,
      password: process.env.PGPASSWORD || null,
      dialectOptions: { application_name: this.applicationName },
      pool: { max: connections, idle: 60000 },
      logging: false,
    });
    const wire = { rewrite: (sql, values) => [sql, values] };
    sequelize.addHook("afterConnect", (connection) => rewriteStatements(connection, wire));
    const pool = { sequelize, wire, ...defineModels(sequelize) };
    this.pools.push(pool);
    return pool;
  }

  async close() {
    for (const pool of this.pools) {
      await pool.sequelize.close();
    }
  }
}

// Every statement of the connection goes through wire.rewrite(sql, values), as an instrumentation of the driver would
// do it.
function rewriteStatements(connection, wire) {
  const query = connection.query.bind(connection);
  connection.query = (sql, ...rest) => {
    const values = Array.isArray(rest[0]) ? rest.shift() : undefined;
    const [statement, bound] = wire.rewrite(sql, values);
    return bound ? query(statement, bound, ...rest) : query(statement, ...rest);
  };
}

// Every statement of these pools gets tags.comment() appended.
function tag(tags, ...pools) {
  for (const pool of pools) {
    pool.wire.rewrite = (sql, values) => [`${sql.replace(/;\s*$/, "")} /*${tags.comment()}*/`, values];
  }
}

// Statements with bound values become named prepared statements.
function prepare(pool, tags) {
  const known = new Map();
  pool.wire.rewrite = (sql, values) => {
    if (!values) {
      return [sql, values];
    }
    if (!known.has(sql)) {
      known.set(sql, { name: `kb_${known.size}`, text: tags ? `${sql} /*${tags.comment()}*/` : sql });
    }
    return [known.get(sql), values];
  };
}

module.exports = { Database, tag, prepare };
