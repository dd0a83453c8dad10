"""The knowledge base's tables as SQLAlchemy models; demo/schema.sql creates them."""

from sqlalchemy import Boolean, Column, Date, DateTime, ForeignKey, Integer, Table, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import declarative_base, relationship

Base = declarative_base()


class Tenant(Base):
    __tablename__ = "tenants"
    id = Column(Integer, primary_key=True)
    name = Column(Text)
    plan = Column(Text)


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    tenant_id = Column(ForeignKey("tenants.id"))
    email = Column(Text)
    display_name = Column(Text)
    created_at = Column(DateTime(timezone=True))


class UserSession(Base):
    __tablename__ = "sessions"
    session_key = Column(Text, primary_key=True)
    user_id = Column(ForeignKey("users.id"))
    data = Column(JSONB)
    expires_at = Column(DateTime(timezone=True))


class Setting(Base):
    __tablename__ = "settings"
    id = Column(Integer, primary_key=True)
    tenant_id = Column(ForeignKey("tenants.id"))
    key = Column(Text)
    value = Column(Text)


class Publisher(Base):
    __tablename__ = "publishers"
    id = Column(Integer, primary_key=True)
    name = Column(Text)
    authors = relationship("Author", back_populates="publisher")


class Author(Base):
    __tablename__ = "authors"
    id = Column(Integer, primary_key=True)
    publisher_id = Column(ForeignKey("publishers.id"))
    name = Column(Text)
    active = Column(Boolean)
    publisher = relationship("Publisher", back_populates="authors")
    books = relationship("Book", back_populates="author")
    documents = relationship("Document", back_populates="author", foreign_keys="Document.author_id")
    reviews = relationship("Document", back_populates="reviewer", foreign_keys="Document.reviewer_id")


class Book(Base):
    __tablename__ = "books"
    id = Column(Integer, primary_key=True)
    author_id = Column(ForeignKey("authors.id"))
    publisher_id = Column(ForeignKey("publishers.id"))
    title = Column(Text)
    published_on = Column(Date)
    author = relationship("Author", back_populates="books")
    publisher = relationship("Publisher")


document_tags = Table(
    "document_tags",
    Base.metadata,
    Column("document_id", ForeignKey("documents.id"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id"), primary_key=True),
)


class Tag(Base):
    __tablename__ = "tags"
    id = Column(Integer, primary_key=True)
    label = Column(Text)


class Document(Base):
    __tablename__ = "documents"
    id = Column(Integer, primary_key=True)
    tenant_id = Column(ForeignKey("tenants.id"))
    author_id = Column(ForeignKey("authors.id"))
    reviewer_id = Column(ForeignKey("authors.id"))
    title = Column(Text)
    content = Column(Text)
    status = Column(Text)
    external_id = Column(Text)
    meta = Column("metadata", JSONB)
    created_at = Column(DateTime(timezone=True))
    tenant = relationship("Tenant")
    author = relationship("Author", back_populates="documents", foreign_keys=[author_id])
    reviewer = relationship("Author", back_populates="reviews", foreign_keys=[reviewer_id])
    chunks = relationship("Chunk")
    comments = relationship("Comment")
    tags = relationship("Tag", secondary=document_tags)


class Chunk(Base):
    __tablename__ = "document_chunks"
    id = Column(Integer, primary_key=True)
    document_id = Column(ForeignKey("documents.id"))
    position = Column(Integer)
    body = Column(Text)
    token_count = Column(Integer)


class Comment(Base):
    __tablename__ = "comments"
    id = Column(Integer, primary_key=True)
    document_id = Column(ForeignKey("documents.id"))
    user_id = Column(ForeignKey("users.id"))
    body = Column(Text)
    created_at = Column(DateTime(timezone=True), default=func.now())


class Gap(Base):
    __tablename__ = "knowledge_gaps"
    id = Column(Integer, primary_key=True)
    tenant_id = Column(ForeignKey("tenants.id"))
    document_id = Column(ForeignKey("documents.id"))
    question = Column(Text)
    asked_count = Column(Integer, default=0)
    status = Column(Text, default="open")
    created_at = Column(DateTime(timezone=True), default=func.now())


class Job(Base):
    __tablename__ = "jobs"
    id = Column(Integer, primary_key=True)
    document_id = Column(ForeignKey("documents.id"))
    kind = Column(Text)
    status = Column(Text)
    attempts = Column(Integer)


class AuditEvent(Base):
    __tablename__ = "audit_events"
    id = Column(Integer, primary_key=True)
    tenant_id = Column(Integer)
    action = Column(Text)
    request_id = Column(Text)
    occurred_at = Column(DateTime(timezone=True))
