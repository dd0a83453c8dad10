"use strict";

// The knowledge base's tables as Sequelize models; demo/schema.sql creates them.

const { DataTypes } = require("sequelize");

const { BOOLEAN, DATE, DATEONLY, INTEGER, JSONB, TEXT } = DataTypes;
const id = { type: INTEGER, primaryKey: true, autoIncrement: true };

function defineModels(sequelize) {
  const define = (name, tableName, columns) =>
    sequelize.define(name, columns, { tableName, timestamps: false, underscored: true });

  const models = {
    Tenant: define("Tenant", "tenants", { id, name: TEXT, plan: TEXT }),
    User: define("User", "users", { id, tenantId: INTEGER, email: TEXT, displayName: TEXT, createdAt: DATE }),
    Session: define("Session", "sessions", {
      sessionKey: { type: TEXT, primaryKey: true },
      userId: INTEGER,
      data: JSONB,
      expiresAt: DATE,
    }),
    Setting: define("Setting", "settings", { id, tenantId: INTEGER, key: TEXT, value: TEXT }),
    Publisher: define("Publisher", "publishers", { id, name: TEXT }),
    Author: define("Author", "authors", { id, publisherId: INTEGER, name: TEXT, active: BOOLEAN }),
    Book: define("Book", "books", {
      id,
      authorId: INTEGER,
      publisherId: INTEGER,
      title: TEXT,
      publishedOn: DATEONLY,
    }),
    Tag: define("Tag", "tags", { id, label: TEXT }),
    DocumentTag: define("DocumentTag", "document_tags", {
      documentId: { type: INTEGER, primaryKey: true },
      tagId: { type: INTEGER, primaryKey: true },
    }),
    Document: define("Document", "documents", {
      id,
      tenantId: INTEGER,
      authorId: INTEGER,
      reviewerId: INTEGER,
      title: TEXT,
      content: TEXT,
      status: TEXT,
      externalId: TEXT,
      metadata: JSONB,
      createdAt: DATE,
    }),
    Chunk: define("Chunk", "document_chunks", {
      id,
      documentId: INTEGER,
      position: INTEGER,
      body: TEXT,
      tokenCount: INTEGER,
    }),
    Comment: define("Comment", "comments", { id, documentId: INTEGER, userId: INTEGER, body: TEXT, createdAt: DATE }),
    Gap: define("Gap", "knowledge_gaps", {
      id,
      tenantId: INTEGER,
      documentId: INTEGER,
      question: TEXT,
      askedCount: { type: INTEGER, defaultValue: 0 },
      status: { type: TEXT, defaultValue: "open" },
      createdAt: { type: DATE, defaultValue: DataTypes.NOW },
    }),
    Job: define("Job", "jobs", { id, documentId: INTEGER, kind: TEXT, status: TEXT, attempts: INTEGER }),
    AuditEvent: define("AuditEvent", "audit_events", {
      id,
      tenantId: INTEGER,
      action: TEXT,
      requestId: TEXT,
      occurredAt: DATE,
    }),
  };
  associate(models);
  return models;
}

function associate({ Tenant, Publisher, Author, Book, Document, DocumentTag, Tag, Chunk, Comment }) {
  Publisher.hasMany(Author, { as: "authors", foreignKey: "publisherId" });
  Author.belongsTo(Publisher, { as: "publisher", foreignKey: "publisherId" });
  Author.hasMany(Book, { as: "books", foreignKey: "authorId" });
  Book.belongsTo(Author, { as: "author", foreignKey: "authorId" });
  Book.belongsTo(Publisher, { as: "publisher", foreignKey: "publisherId" });
  Author.hasMany(Document, { as: "documents", foreignKey: "authorId" });
  Author.hasMany(Document, { as: "reviews", foreignKey: "reviewerId" });
  Document.belongsTo(Tenant, { as: "tenant", foreignKey: "tenantId" });
  Document.belongsTo(Author, { as: "author", foreignKey: "authorId" });
  Document.hasMany(Chunk, { as: "chunks", foreignKey: "documentId" });
  Document.hasMany(Comment, { as: "comments", foreignKey: "documentId" });
  Document.belongsToMany(Tag, { as: "tags", through: DocumentTag, foreignKey: "documentId", otherKey: "tagId" });
}

module.exports = { defineModels };
